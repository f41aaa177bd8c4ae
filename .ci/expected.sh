#!/usr/bin/env bash
# Writes examples/*/expected.yaml anew, with the real tools. Read the difference before you commit it:
# tests/e2e/test_what_examples_say.py holds what the policies allow, written by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/env.sh
export PATH="$PWD/.venv/bin:$PATH"
python -c 'from tests.tools import build_flux, build_image; build_image(); build_flux()'
new=$(mktemp)
trap 'rm -f "$new"' EXIT
for run in examples/*/run; do
  "$run" >"$new"
  cat "$new" >"$(dirname "$run")/expected.yaml"
done
