#!/usr/bin/env bash
# Installs what the end-to-end tests run: kustomize, kubectl, kpt, helm, flate, podman as docker, a base image, and the
# compiler that Cilium's agent calls.
# Bare Debian, root, package registries only. Idempotent: what is there stays, what was built is cached.
# `tools.sh release` builds what the release's rehearsal needs besides, crane and cosign: minutes, and 120 MB.
# `tools.sh buildkit` builds BuildKit and buildx, with which it is rehearsed whole: a quarter of an hour, and 130 MB.
# `tools.sh helm4` builds the next Helm beside the one that is tested everywhere: minutes, and 80 MB.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
bin=$CILIUM_POLICIES_CACHE/bin
mkdir -p "$bin" "$CILIUM_POLICIES_CACHE/shim"

say() { printf 'tools: %s\n' "$*" >&2; }

debian() { # names of packages; installs only what is missing
  local missing=()
  for p in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -ne 0 ] || return 0
  say "apt-get install ${missing[*]}"
  apt-get update -qq || return
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

go_tool() { # command, package, where its version stands: one binary in the cache, built once for a go.sum
  local sum
  sum=$(cat "$here/tools/$1/go.sum" | sha256sum | cut -c1-12)
  [ -e "$bin/.$1-$sum" ] && [ -x "$bin/$1" ] && return
  type -P go >/dev/null || { say "$1 needs Go 1.26 or newer: install it first"; return 1; }
  say "go build $1"
  # Each has a module of its own below .ci/tools, whose go.sum pins all that it is built from.
  (cd "$here/tools/$1" && nice go build -buildvcs=false -trimpath -ldflags "-s -w ${3:-}" -o "$bin/$1" "$2") || return
  rm -f "$bin/.$1-"*
  touch "$bin/.$1-$sum"
}

answers() { # a command of the machine's own: in PATH, outside the cache, and it runs
  (PATH=${PATH//"$bin:"/} && "$@" >/dev/null 2>&1 </dev/null)
}

docker_client() { # only for the error that it prints without its daemon
  (PATH=${PATH#"$CILIUM_POLICIES_CACHE/shim:"} && type -P docker >/dev/null) || debian docker.io
}

container_engine() { # podman under the name docker, with limits that a sandbox accepts
  cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]

[engine]
events_logger = "file"
runtime = "runc"
CONF
  printf '#!/bin/sh\nexec podman "$@"\n' >"$CILIUM_POLICIES_CACHE/shim/docker"
  chmod +x "$CILIUM_POLICIES_CACHE/shim/docker"
}

base_image() { # no image registry can be reached: Debian's own packages make the base
  podman image exists "$CILIUM_POLICIES_BASE" && return
  say "debootstrap: the base image"
  local root
  root=$(mktemp -d)
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,python3-yaml,ca-certificates \
    bookworm "$root" >"$CILIUM_POLICIES_CACHE/debootstrap.log"
  tar -C "$root" -c . | podman import -q - "$CILIUM_POLICIES_BASE" >/dev/null
  rm -rf "$root"
}

if [ "${1:-}" = release ]; then
  go_tool crane github.com/google/go-containerregistry/cmd/crane
  go_tool cosign .
  exit
fi
if [ "${1:-}" = helm4 ]; then
  go_tool helm4 helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=v4.3.2"
  exit
fi
if [ "${1:-}" = buildkit ]; then
  export CGO_ENABLED=0 GOTOOLCHAIN=auto
  go_tool buildkitd github.com/moby/buildkit/cmd/buildkitd
  go_tool buildx github.com/docker/buildx/cmd/buildx
  exit
fi
debian podman buildah runc debootstrap make git ca-certificates strace chromium
debian clang-19 llvm-19 iproute2 procps openssl || say "no clang 19: the running Cilium is left out"
docker_client
container_engine
base_image
go_tool kustomize sigs.k8s.io/kustomize/kustomize/v5 "-X sigs.k8s.io/kustomize/api/provenance.version=v5.8.2"
go_tool helm helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=v3.19.0"
# It wants a newer Go than this machine's: as a Go module that, too, comes with a checksum.
GOTOOLCHAIN=auto go_tool flate github.com/home-operations/flate/cmd/flate
answers kubectl version --client || go_tool kubectl . "-X k8s.io/component-base/version.gitVersion=v1.36.4"
# Not as a Go module: one that kpt needs is no longer served. Its makers' Debian package is signed.
answers kpt version || debian google-cloud-cli-kpt 2>/dev/null || say "kpt is missing: install it by hand"
