# Two small images with one program each; the service's has no BLAS.
#
#   docker build -t triage .                             the service
#   docker run --rm -p 8080:8080 --read-only --cap-drop ALL triage
#
#   docker build -t triage:trainer --target trainer .    the program that trains models
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" triage:trainer \
#       train incidents.csv -o mine.safetensors
#
#   docker build --target test .                         build and run every test
#
# Serve your own models: -v /path/to/models:/models:ro

FROM debian:trixie-slim AS source
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config curl jq binutils \
        libmicrohttpd-dev libjansson-dev zlib1g-dev libzstd-dev libexpat1-dev libopenblas-pthread-dev liblbfgs-dev check \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .

FROM source AS test
RUN make test

FROM source AS build
RUN make install DESTDIR=/installed PREFIX=/usr/local \
 && strip /installed/usr/local/bin/*

# The logs and caches of apt differ from build to build; without them equal inputs give equal layers.
FROM debian:trixie-slim AS trainer
RUN apt-get update \
 && apt-get install -y --no-install-recommends libjansson4 libopenblas0-pthread liblbfgs0 libzstd1 libexpat1 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/log/dpkg.log \
        /var/log/alternatives.log /var/log/apt
COPY --from=build /installed/usr/local/bin/triage /usr/local/bin/triage
COPY --from=build /installed/usr/local/share/triage /usr/local/share/triage
# Mount your data here; models are written here.
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/triage"]
CMD ["--help"]

# The older name of the trainer's image.
FROM trainer AS workshop

FROM debian:trixie-slim AS service
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmicrohttpd12t64 libjansson4 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/log/dpkg.log \
        /var/log/alternatives.log /var/log/apt
COPY --from=build /installed/usr/local/bin/triaged /usr/local/bin/triaged
COPY --from=build /installed/usr/local/share/triage/models/*.safetensors /models/

# In a container every address is the container's; the host decides which ports are reachable.
ENV TRIAGE_LISTEN=0.0.0.0:8080 TRIAGE_MODELS=/models TRIAGE_ALLOW_PUBLIC=1
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/triaged", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/triaged"]
