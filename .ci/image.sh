#!/bin/sh
# Builds the image with docker or podman. IMAGE names it, BASE picks another base than the Dockerfile's.
# The same tree and base give the same layers: SOURCE_DATE_EPOCH is the commit's time.
set -eu
cd "$(dirname "$0")/.."
IMAGE=${IMAGE:-localhost/cilium-policies:0.1.0}
BASE=${BASE:-${CILIUM_POLICIES_BASE:-}}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1577836800)}
export SOURCE_DATE_EPOCH
set -- --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" -t "$IMAGE" -f Dockerfile
[ -z "${NO_CACHE:-}" ] || set -- "$@" --no-cache
[ -z "$BASE" ] || set -- "$@" --build-arg "BASE=$BASE"

if command -v podman >/dev/null; then
  # A sandbox's own certificates, where it has some, are lent to the build stage and stay out of the image.
  exec podman build --isolation chroot --network host --timestamp "$SOURCE_DATE_EPOCH" \
    -v "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}:/etc/ssl/certs/ca-certificates.crt:ro" "$@" .
fi
exec docker build "$@" .
