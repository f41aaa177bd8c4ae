#!/bin/sh
# Builds the image with docker or podman. IMAGE names it, BASE picks another base than the Dockerfile's, PLATFORM another
# processor (linux/arm64: an emulator has to be registered, as qemu-user-static does).
# The same tree and base give the same layers: SOURCE_DATE_EPOCH is the commit's time.
# ENGINE is docker or podman; without one a docker whose daemon answers, else podman.
set -eu
cd "$(dirname "$0")/.."
IMAGE=${IMAGE:-$(sed -n 's/^image: //p' metadata.yaml):$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)}
BASE=${BASE:-${CILIUM_POLICIES_BASE:-}}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1577836800)}
export SOURCE_DATE_EPOCH
if [ -z "${ENGINE:-}" ]; then
  if docker version >/dev/null 2>&1; then ENGINE=docker
  elif podman info >/dev/null 2>&1; then ENGINE=podman
  else echo "neither docker nor podman answers: install one, or start docker's daemon" >&2; exit 1
  fi
fi
set -- --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" -t "$IMAGE" -f Dockerfile
[ -z "${NO_CACHE:-}" ] || set -- "$@" --no-cache
[ -z "${PLATFORM:-}" ] || set -- "$@" --platform "$PLATFORM"
[ -z "$BASE" ] || set -- "$@" --build-arg "BASE=$BASE"

case $("$ENGINE" --version) in
podman*)
  # A sandbox's own certificates, where it has some, are lent to the build stage and stay out of the image.
  certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
  [ ! -e "$certificates" ] || set -- "$@" -v "$certificates:/etc/ssl/certs/ca-certificates.crt:ro"
  exec "$ENGINE" build --isolation chroot --network host --timestamp "$SOURCE_DATE_EPOCH" "$@" .
  ;;
esac
exec "$ENGINE" build --network host "$@" .
