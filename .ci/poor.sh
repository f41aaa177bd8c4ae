#!/usr/bin/env bash
# poor.sh NAME [command …]: runs the command (by default the tests whose outcome depends on tools) as on a poorer machine.
#   nothing     only a shell, coreutils, git and make: none of the tools
#   no-daemon   a docker client whose daemon does not run, no podman; the other tools are there
set -euo pipefail
cd "$(dirname "$0")/.."
kind=$1
shift
TOOLS="docker podman buildah runc crun kustomize kubectl helm kpt flux go gofmt strace chromium chromium-browser google-chrome"
[ "$kind" = nothing ] || TOOLS="podman buildah runc crun"

. .ci/env.sh
tools=$CILIUM_POLICIES_CACHE/bin # before the cache becomes an empty one
client=
for folder in ${PATH//:/ }; do
  [ -z "$client" ] && [ -x "$folder/docker" ] && [[ $("$folder/docker" --version) = Docker* ]] && client=$folder/docker
done
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/bin"
for folder in /usr/local/bin /usr/bin /bin /usr/sbin /sbin /usr/local/go/bin; do
  for file in "$folder"/*; do
    [ -e "$place/bin/${file##*/}" ] || ln -s "$file" "$place/bin/"
  done
done
for name in $TOOLS; do rm -f "$place/bin/$name"; done
path=$place/bin
if [ "$kind" = no-daemon ]; then
  [ -n "$client" ] || { echo "poor.sh: no docker client here" >&2; exit 1; }
  ln -sf "$client" "$place/bin/docker"
  for name in kustomize helm kubectl kpt; do
    [ ! -x "$tools/$name" ] || ln -sf "$tools/$name" "$place/bin/$name"
  done
  export DOCKER_HOST=unix://$place/no-daemon.sock
fi

marks="e2e or image"
[ "$kind" = no-daemon ] || marks="$marks or judge"
[ $# -gt 0 ] || set -- .venv/bin/python -m pytest -q -n auto --dist loadgroup -m "$marks"
env -u CI -u CONTAINERS_CONF -u KPT_FN_RUNTIME -u KRM_FN_RUNTIME -u GOFLAGS \
  PATH="$path" CILIUM_POLICIES_CACHE="$place/cache" "$@"
