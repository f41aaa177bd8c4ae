#!/bin/sh
# `make clean`: what make demo, test, image, dist, bench and tools made, the folder outside the checkout included.
# Debian's packages and Go's own caches stay: other programs use them.
set -eu
cd "$(dirname "$0")/.."
rm -rf "${VENV:-.venv}" dist build .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
  fn/cilium_policies/catalogue/index.json
find . -name __pycache__ -type d -prune -exec rm -rf {} +
. .ci/env.sh
# Images by this project's names only, before the settings that podman needs for them go.
for engine in podman docker; do
  command -v "$engine" >/dev/null && "$engine" images >/dev/null 2>&1 || continue
  "$engine" images --format '{{.Repository}}:{{.Tag}}' |
    grep -E '^localhost/(cilium-policies:|debian-base:1$|debian-base-arm64:1$)' | xargs -r "$engine" rmi -f >/dev/null || :
  "$engine" image prune -f --filter label=cilium-policies.stage >/dev/null 2>&1 || :
done
case $CILIUM_POLICIES_CACHE in
*/cilium-policies*) chmod -R u+w "$CILIUM_POLICIES_CACHE" 2>/dev/null || :; rm -rf "$CILIUM_POLICIES_CACHE" ;;
*) [ ! -d "$CILIUM_POLICIES_CACHE" ] || echo "$CILIUM_POLICIES_CACHE stays: remove it yourself" >&2 ;;
esac
