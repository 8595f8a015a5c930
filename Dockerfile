# SPDX-License-Identifier: MIT
#
#   docker build -t api-gateway .
#   docker build --build-arg CHECK=yes .      all tests first, in the build stage
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
ENV CONFIGURE_FLAGS="--prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run"
RUN make -j"$(nproc)" install DESTDIR=/out \
 && strip /out/usr/sbin/api-gateway
COPY . .
ARG CHECK=no
RUN if [ "$CHECK" = yes ]; then make check; fi

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libevent-core-2.1-7 libevent-extra-2.1-7 libspdlog1.10 \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 api-gateway \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin api-gateway \
 && install -d /etc/api-gateway \
 && install -d -o api-gateway -g api-gateway /run/api-gateway
COPY --from=build /out/usr/sbin/api-gateway /usr/sbin/api-gateway
# By number: who must not run as root (Kubernetes, runAsNonRoot) cannot tell that of a name.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/sbin/api-gateway", "healthcheck"]
# The master is the first process: it obeys the signals itself and reaps whatever ends.
ENTRYPOINT ["/usr/sbin/api-gateway"]
