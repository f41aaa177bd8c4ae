# The function as an image: any uid, no network, read-only root.
# BASE needs python3 (3.10 or newer) with venv and pip, and is the final stage's base as well.
# Renovate keeps the digest of the default (renovate.json).
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS build
LABEL cilium-policies.stage="build"
ARG SOURCE_DATE_EPOCH=1577836800
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv /venv \
 && /venv/bin/pip install -q --disable-pip-version-check --no-cache-dir --require-hashes -r requirements/build.txt \
 && /venv/bin/pip install -q --disable-pip-version-check --no-cache-dir --no-compile --require-hashes --target /app/lib -r requirements/runtime.txt
COPY . .
RUN /venv/bin/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w /wheel . \
 && PIP_TARGET=/app/lib /venv/bin/pip install -q --disable-pip-version-check --no-deps --no-compile /wheel/*.whl \
 && cp image/run.py /app/run.py \
 && mkdir /app/bin && cp image/cilium-policies /app/bin/ \
 && sh image/slim.sh /app "$SOURCE_DATE_EPOCH"

FROM ${BASE}
LABEL org.opencontainers.image.title="cilium-policies" \
      org.opencontainers.image.description="KRM function: zero-trust CiliumNetworkPolicies for every namespace of a build" \
      org.opencontainers.image.source="https://git.example/cilium-policies" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app /app
# behind all others: what looks for python3 finds the base's
ENV PATH="$PATH:/app/bin"
USER 65534:65534
# -I -S: neither the caller's environment nor site-packages are looked at. The bytecode of everything that is imported,
# the standard library's too, lies ready: in the file /app/modules, and under /app/bytecode what comes before run.py.
ENTRYPOINT ["python3", "-I", "-S", "-B", "-X", "utf8", "-X", "pycache_prefix=/app/bytecode", "/app/run.py"]
