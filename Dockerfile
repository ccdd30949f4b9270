# One image for every role, chosen by the arguments: `serve` is all of Prela in one process with its
# data in /data; `serve ingest`, `serve worker` and `serve api` are the parts of a deployment.
# How to run it: docs/deploy.md.
#
# The base is the Debian and the Python that every test runs on. Its tag names a line of releases,
# which gets security fixes and nothing else.
FROM python:3.11-slim-bookworm AS build
# Without `embedded`, the engine in the process, the image is 0.7 GB smaller, and `serve` alone
# has no place to keep spans: right where there is a ClickHouse.
ARG PRELA_EXTRAS=cli,embedded,grpc,kafka,postgres,redis,server
# For what is done for every span (`hatch_build.py`). Debian keeps one version of it, with fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV COMPILE_PRELA=1
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
# What pip installs are the wheels of the line before, and no index is asked.
# hadolint ignore=DL3013
RUN pip wheel --no-cache-dir --wheel-dir /wheels ".[${PRELA_EXTRAS}]" \
    && python -m venv --without-pip /opt/prela \
    && pip --python /opt/prela/bin/python install --no-cache-dir --no-index --find-links /wheels \
        "prela-core[${PRELA_EXTRAS}]"

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin prela \
    && install --directory --owner prela --group prela --mode 0700 /data
COPY --from=build /opt/prela /opt/prela
COPY deploy/health.py /opt/prela/health.py
# PostgreSQL's client brings an OpenSSL of its own, which would look for certificates elsewhere.
# In a container the address to listen on is all of them: who reaches it is for the network to say,
# and keys are asked for. Hosts set PORT for us; whoever sets PRELA_PORT wins over it.
ENV PATH=/opt/prela/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SSL_CERT_DIR=/etc/ssl/certs \
    ENVIRONMENT=production \
    PRELA_DATA_DIR=/data \
    PRELA_HOST=0.0.0.0 \
    PORT=8000
USER 10001:10001
WORKDIR /data
EXPOSE 8000
# There is no VOLUME on purpose: Railway refuses to build with one, and an unnamed volume hides
# where the data is. Mount one at /data.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/opt/prela/health.py"]
# Without a shell between, so that SIGTERM comes to the server itself.
ENTRYPOINT ["prela"]
CMD ["serve"]
