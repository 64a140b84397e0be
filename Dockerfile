# Two stages: build and test with everything, then a small image with the service alone.
#
#   docker build -t triage .
#   docker run --rm -p 8080:8080 --read-only --cap-drop ALL triage
#
# Your own models: -v /path/to/models:/models:ro

FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config curl \
        libmicrohttpd-dev libjansson-dev libopenblas-pthread-dev liblbfgs-dev check \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make -j"$(nproc)" all && make test && strip build/triaged

FROM debian:trixie-slim
# The logs that differ from build to build go, so that only what matters is in the layer.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmicrohttpd12t64 libjansson4 \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/log/dpkg.log \
        /var/log/alternatives.log /var/log/apt
COPY --from=build /src/build/triaged /usr/local/bin/triaged
COPY --from=build /src/models/*.safetensors /models/

# In a container the network is the container's own; what is reachable is the host's choice.
ENV TRIAGE_LISTEN=0.0.0.0:8080 TRIAGE_MODELS=/models TRIAGE_ALLOW_PUBLIC=1
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/triaged", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/triaged"]
