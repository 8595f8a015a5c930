# SPDX-License-Identifier: MIT

FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      g++ make autoconf automake pkg-config \
      libevent-dev nlohmann-json3-dev libspdlog-dev libcxxopts-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# What seldom changes comes first: editing src/ keeps the layers above it.
COPY Makefile configure.ac README.md ./
COPY conf conf
COPY man man
COPY packaging packaging
COPY src src
RUN make -j"$(nproc)" install DESTDIR=/out \
      CONFIGURE_FLAGS='--prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run' \
 && strip /out/usr/sbin/api-gateway

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libevent-core-2.1-7 libevent-extra-2.1-7 libspdlog1.10 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin api-gateway \
 && install -d -o api-gateway -g api-gateway /run/api-gateway
COPY --from=build /out/usr/sbin/api-gateway /usr/sbin/api-gateway
USER api-gateway
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/sbin/api-gateway", "healthcheck"]
ENTRYPOINT ["/usr/sbin/api-gateway"]
