# Build and test with everything, then small images with a program each.
#
#   docker build -t triage .                           the service, without BLAS
#   docker run --rm -p 8080:8080 --read-only --cap-drop ALL triage
#
#   docker build -t triage:workshop --target workshop .     what makes the models
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" triage:workshop \
#       train incidents.csv -o mine.safetensors
#
# Your own models in the service: -v /path/to/models:/models:ro

FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config curl \
        libmicrohttpd-dev libjansson-dev libopenblas-pthread-dev liblbfgs-dev check \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make -j"$(nproc)" all && make test \
 && make install DESTDIR=/installed PREFIX=/usr/local \
 && strip /installed/usr/local/bin/*

# In both of the following, the logs that differ from build to build go, so that only what
# matters is in the layer.
FROM debian:trixie-slim AS workshop
RUN apt-get update \
 && apt-get install -y --no-install-recommends libjansson4 libopenblas0-pthread liblbfgs0 \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/log/dpkg.log \
        /var/log/alternatives.log /var/log/apt
COPY --from=build /installed/usr/local/bin/triage /usr/local/bin/triage
COPY --from=build /installed/usr/local/share/triage /usr/local/share/triage
# Where your data is mounted, and the models are written.
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/triage"]
CMD ["--help"]

FROM debian:trixie-slim AS service
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmicrohttpd12t64 libjansson4 \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/log/dpkg.log \
        /var/log/alternatives.log /var/log/apt
COPY --from=build /installed/usr/local/bin/triaged /usr/local/bin/triaged
COPY --from=build /installed/usr/local/share/triage/models/*.safetensors /models/

# In a container the network is the container's own; what is reachable is the host's choice.
ENV TRIAGE_LISTEN=0.0.0.0:8080 TRIAGE_MODELS=/models TRIAGE_ALLOW_PUBLIC=1
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/triaged", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/triaged"]
