#!/bin/sh
# `make demo`: the main job on examples/shop, through kustomize where it answers, through the stream where not.
set -eu
cd "$(dirname "$0")"
out=$(mktemp)
trap 'rm -f "$out"' EXIT

if kustomize version >/dev/null 2>&1; then
  echo '$ kustomize build --enable-alpha-plugins --enable-exec examples/kustomize-exec'
  ./kustomize-exec/run >"$out"
else
  echo '$ cat examples/shop/*.yaml | cilium-policies        (kustomize is not installed)'
  separator=
  for file in shop/namespaces.yaml shop/web.yaml shop/api.yaml shop/db.yaml shop/reloader.yaml; do
    printf '%s' "$separator"
    cat "$file"
    separator='---
'
  done | cilium-policies >"$out"
fi

echo
echo 'What the build holds now: its own objects, untouched, and after them'
awk '/^kind: CiliumNetworkPolicy/ {own = 1} /^---/ {own = 0}
     own && /^  name:/ {name = $2} own && /^  namespace:/ {print "  " $2 "/" name}' "$out"

echo
echo 'One of them, shop/api:'
echo
awk 'BEGIN {RS = "---\n"} /CiliumNetworkPolicy/ && /\n  name: "?api"?\n/' "$out" | sed 's/^/    /'

echo
echo 'Who may talk to whom:  $ cilium-policies list'
echo
cilium-policies list "$out" 2>/dev/null
echo
echo 'What the manifests do not explain, and lines that would allow it:  $ cilium-policies list --uncovered'
echo
cilium-policies list --uncovered "$out" 2>/dev/null
report=$(cd .. && pwd)/build/demo/report.html
mkdir -p "${report%/*}"
cilium-policies report "$out" >"$report" 2>/dev/null
echo
echo "The whole picture, a page for the browser:  $report"
echo
echo 'In audit nothing is cut. `--mode enforce` leaves out the block enableDefaultDeny, and each policy denies what no rule allows.'
echo
echo 'Now your own, which changes nothing:'
echo '  kustomize build DIR | .venv/bin/cilium-policies report >report.html     a page of your own'
echo '  kustomize build DIR | .venv/bin/cilium-policies --only-policies         the policies themselves'
echo 'and then the README: how it runs in your build (kustomize, kpt, Helm, Flux, Argo CD).'
