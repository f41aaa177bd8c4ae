#!/bin/sh
# Leaves in APP only what runs, with its bytecode (bytecode.py says where), one date and the same rights on everything:
# equal inputs, equal layer, whatever the checkout's umask.
set -eu
app=$1 epoch=$2
rm -rf "$app/lib/bin" "$app/lib"/*.dist-info/RECORD "$app/lib"/*.dist-info/direct_url.json
find "$app" -name '__pycache__' -type d -prune -exec rm -rf {} +
find "$app" -name '*.pyi' -delete
rm -rf "$app/lib/cilium_policies/catalogue/components"  # an installed program reads the index made of them alone
PYTHONHASHSEED=0 python3 -I -S -B -X pycache_prefix="$app/bytecode" "$(dirname "$0")/bytecode.py" "$app/lib" "$app/modules"
chmod -R u=rwX,go=rX "$app"
find "$app" -exec touch -h -d "@$epoch" {} +
