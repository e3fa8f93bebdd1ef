# pc-ctl with Node inside, from the .deb that `npm run package` has put into build/packages:
#
#     docker build --tag pc-ctl .
#
# docs/install.md tells how it is run. The base is named by its release alone, so that a build has its newest fixes.
FROM debian:13-slim
ARG TARGETARCH
LABEL org.opencontainers.image.source="https://github.com/pc-ctl/pc-ctl" \
      org.opencontainers.image.licenses="Apache-2.0 AND LGPL-3.0-or-later AND MIT"
RUN --mount=type=bind,source=build/packages,target=/packages \
    apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates "/packages/"pc-ctl_*_"${TARGETARCH}.deb" \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home pc-ctl
# By number, so that Kubernetes sees that it is not root (runAsNonRoot).
USER 10001:10001
ENV HOME=/home/pc-ctl
WORKDIR /home/pc-ctl
ENTRYPOINT ["pc-ctl"]
CMD ["--help"]
