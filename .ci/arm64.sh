#!/usr/bin/env bash
# Makes a base image for arm64 on a Debian of another processor, and registers the emulator that starts it. As root; some
# ten minutes. The release's rehearsal then builds, starts and signs both platforms:
#   CILIUM_POLICIES_ARM64_BASE=localhost/debian-base-arm64:1 .venv/bin/python -m pytest tests/e2e/test_release.py
set -euo pipefail
. "$(cd "$(dirname "$0")" && pwd)/env.sh"
name=localhost/debian-base-arm64:1
misc=/proc/sys/fs/binfmt_misc

[ -e /usr/bin/qemu-aarch64-static ] || apt-get install -y -qq --no-install-recommends qemu-user-static debootstrap
[ -e $misc/status ] || mount -t binfmt_misc binfmt_misc $misc
[ -e $misc/qemu-aarch64 ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >$misc/register
podman image exists "$name" && exit
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --foreign --arch=arm64 --variant=minbase \
  --include=python3,python3-venv,python3-pip,python3-yaml,ca-certificates bookworm "$root" >&2
chroot "$root" /debootstrap/debootstrap --second-stage >&2
tar -C "$root" -c . | podman import -q --arch arm64 - "$name"
