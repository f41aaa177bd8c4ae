# shellcheck shell=sh
# Sourced by bash and sh: where the tools of .ci/tools.sh live. Nothing of it is in the checkout; `make clean` removes it.
# tests/tools/places.py finds the same folder: the user's cache, or a temporary folder where the home is read-only.
if [ -z "${CILIUM_POLICIES_CACHE:-}" ]; then
  CILIUM_POLICIES_CACHE=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/cilium-policies
  _there=$CILIUM_POLICIES_CACHE
  while [ ! -e "$_there" ]; do _there=$(dirname "$_there"); done
  if [ ! -w "$_there" ]; then
    CILIUM_POLICIES_CACHE=${TMPDIR:-/tmp}/cilium-policies-$(id -u)
    mkdir -m 700 "$CILIUM_POLICIES_CACHE" 2>/dev/null || :
    if [ -L "$CILIUM_POLICIES_CACHE" ] || [ ! -O "$CILIUM_POLICIES_CACHE" ]; then
      CILIUM_POLICIES_CACHE=$(mktemp -d) # the other is somebody else's
    fi
  fi
fi
export CILIUM_POLICIES_CACHE
export PATH="$CILIUM_POLICIES_CACHE/shim:$CILIUM_POLICIES_CACHE/bin:$PATH"
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
export CONTAINERS_CONF="$CILIUM_POLICIES_CACHE/containers.conf"
# kpt up to 1.0.0-beta.56 reads the first, later ones the second.
export KPT_FN_RUNTIME=podman KRM_FN_RUNTIME=podman
export CILIUM_POLICIES_BASE="${CILIUM_POLICIES_BASE:-localhost/debian-base:1}"
