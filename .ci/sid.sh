#!/usr/bin/env bash
# sid.sh [argument of pytest …]: `make test` on Debian sid's Python, the newest that Debian has, as CI's matrix runs it
# (what needs no tool), and with every warning an error, also one of a program that a test starts. With arguments, such
# as folders of tests, pytest alone.
# As root, with namespaces (unshare): sid is laid by debootstrap in the cache, once, and stays there until `make clean`;
# `rm -r` of the folder that is printed has it laid anew. What is tested is the last commit, in a clone.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/env.sh
root=$CILIUM_POLICIES_CACHE/sid

if [ "${1:-}" != --within ]; then
  type -P debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
  exec unshare --mount --propagation private "$BASH" .ci/sid.sh --within "$@" # nothing stays mounted, however it ends
fi
shift

if [ ! -e "$root/laid" ]; then
  echo "sid.sh: debootstrap in $root" >&2
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=python3,python3-venv,git,make,ca-certificates \
    sid "$root" >"$CILIUM_POLICIES_CACHE/sid.log"
  touch "$root/laid"
fi
work=$root/work/cilium-policies
rm -rf "$work"
mkdir -p "$root/work/shared"
git clone -q . "$work"
[ ! -d ../shared ] || mount --bind -o ro "$(readlink -f ../shared)" "$root/work/shared"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind -o ro /etc/ssl "$root/etc/ssl" # a house's own authorities
touch "$root/etc/resolv.conf"
mount --bind -o ro "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"

first=.venv/.dev
[ $# -gt 0 ] || { first=lint; set -- -q -n auto --dist loadgroup -m "not e2e and not judge"; }
for name in CI CILIUM_POLICIES_CACHE CONTAINERS_CONF KPT_FN_RUNTIME KRM_FN_RUNTIME CILIUM_POLICIES_BASE TMPDIR \
  XDG_CACHE_HOME VIRTUAL_ENV PYTHONPATH PYTHONDONTWRITEBYTECODE PIP_FIND_LINKS; do
  unset "$name"
done
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
# shellcheck disable=SC2016 # the chroot's shell reads them
exec chroot "$root" sh -euc '
cd /work/cilium-policies
python3 --version
make --no-print-directory "$1"
shift
export PYTHONWARNINGS=error
exec .venv/bin/python -m pytest "$@"' sh "$first" "$@"
