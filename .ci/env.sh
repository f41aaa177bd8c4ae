# Sourced by bash: where the tools of .ci/tools.sh live. Nothing of it is in the checkout.
export CILIUM_POLICIES_CACHE="${CILIUM_POLICIES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cilium-policies}"
export PATH="$CILIUM_POLICIES_CACHE/shim:$CILIUM_POLICIES_CACHE/bin:$PATH"
export CONTAINERS_CONF="$CILIUM_POLICIES_CACHE/containers.conf"
# kpt up to 1.0.0-beta.56 reads the first, later ones the second.
export KPT_FN_RUNTIME=podman KRM_FN_RUNTIME=podman
export CILIUM_POLICIES_BASE="${CILIUM_POLICIES_BASE:-localhost/debian-base:1}"
