#!/usr/bin/env bash
# poor.sh NAME [command …]: runs the command (by default the tests whose outcome depends on tools) as on another machine.
#   nothing           only a shell, coreutils, git and make: none of the tools
#   no-daemon         a docker client whose daemon does not run, no podman; the other tools are there
#   no-daemon-podman  the same beside a podman that works
#   podman            podman alone, no docker
#   docker            docker's own client; its daemon is podman's socket
#   shims             the tools as asdf and brew lay them: scripts in a folder of their own in PATH
#   local             the tools in /usr/local/bin
#   user              an ordinary user, who has the other tools
#   read-only-home    a home that cannot be written to
#   no-network        no network but loopback, once .venv is made
# All but `nothing`, `shims` and the two without a daemon want root, and namespaces (unshare).
set -euo pipefail
cd "$(dirname "$0")/.."
kind=$1
shift

. .ci/env.sh
tools=$CILIUM_POLICIES_CACHE/bin # before the cache becomes an empty one
containers=$CONTAINERS_CONF
client=
for folder in ${PATH//:/ }; do
  [ -z "$client" ] && [ -x "$folder/docker" ] && [[ $("$folder/docker" --version) = Docker* ]] && client=$folder/docker
done
place=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$place"' EXIT
chmod 755 "$place"

real_docker() {
  [ -n "$client" ] || { echo "poor.sh: no docker client here" >&2; exit 1; }
  ln -sf "$client" "$place/bin/docker"
}

# A folder of links to all that the machine has, less what this machine lacks.
mkdir "$place/bin"
for folder in /usr/local/bin /usr/bin /bin /usr/sbin /sbin /usr/local/go/bin; do
  for file in "$folder"/*; do
    [ -e "$place/bin/${file##*/}" ] || ln -s "$file" "$place/bin/"
  done
done
ENGINES="docker podman buildah runc crun"
OTHERS="kustomize kubectl helm kpt flux go gofmt strace chromium chromium-browser google-chrome"
case $kind in
nothing) lacks="$ENGINES $OTHERS" ;;
no-daemon) lacks=$ENGINES ;;
*) lacks="docker" ;;
esac
for name in $lacks; do rm -f "$place/bin/$name"; done
if [ "$kind" != nothing ]; then
  for name in kustomize helm kubectl kpt flux; do
    [ ! -x "$tools/$name" ] || ln -sf "$tools/$name" "$place/bin/$name"
  done
fi
path=$place/bin
keep=(PATH="$path" CILIUM_POLICIES_CACHE="$place/cache" CONTAINERS_CONF="$containers")
within=()
case $kind in
nothing) keep=("${keep[@]:0:2}") ;;
no-daemon | no-daemon-podman)
  real_docker
  keep+=(DOCKER_HOST="unix://$place/no-daemon.sock")
  ;;
podman) ;;
docker)
  real_docker
  CONTAINERS_CONF=$containers podman system service --time 0 "unix://$place/podman.sock" &
  for _ in $(seq 50); do [ ! -S "$place/podman.sock" ] || break; sleep 0.2; done
  rm -f "$place"/bin/{podman,buildah}
  keep+=(DOCKER_HOST="unix://$place/podman.sock")
  ;;
shims | local)
  mkdir "$place/tools"
  for name in kustomize helm kubectl kpt; do
    [ -e "$place/bin/$name" ] || continue
    real=$(readlink -f "$place/bin/$name")
    rm "$place/bin/$name"
    printf '#!/usr/bin/env bash\nexec "%s" "$@"\n' "$real" >"$place/tools/$name"
    chmod +x "$place/tools/$name"
  done
  keep[0]="PATH=$place/tools:$path"
  if [ "$kind" = local ]; then
    keep[0]="PATH=/usr/local/bin:$path"
    cp -a /usr/local/bin/. "$place/tools/"
    rm -f "$place/tools/docker"
    within=(unshare -m sh -c 'mount --bind "$0" /usr/local/bin && exec "$@"' "$place/tools")
  fi
  ;;
user)
  for name in kustomize helm kubectl kpt flux; do # root's home is closed to others
    [ ! -x "$tools/$name" ] || cp --remove-destination "$tools/$name" "$place/bin/$name"
  done
  cp -a . "$place/checkout" # as somebody's own; its .venv is made there
  rm -rf "$place/checkout/.venv"
  [ -e "$place/shared" ] || ln -s "$(readlink -f ../shared)" "$place/shared"
  mkdir "$place/home"
  chown -R 4321:4321 "$place/checkout" "$place/home"
  cd "$place/checkout"
  keep+=(HOME="$place/home" CILIUM_POLICIES_CACHE="$place/home/.cache/cilium-policies")
  within=(setpriv --reuid 4321 --regid 4321 --clear-groups)
  ;;
read-only-home)
  mkdir "$place/home"
  keep=(PATH="$path" CONTAINERS_CONF="$containers" HOME="$place/home" TMPDIR="$place/tmp")
  mkdir "$place/tmp"
  within=(unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$place/home")
  ;;
no-network) within=(unshare -n sh -c 'ip link set lo up && exec "$0" "$@"') ;;
*)
  echo "poor.sh: no machine is called $kind" >&2
  exit 1
  ;;
esac

# Without a daemon only what asks for a container, or names one, can end otherwise (tests/tools sees to the mark): with
# all the other tools the rest would be `make test` a second time.
how=(-n auto --dist loadgroup -m "e2e or judge")
[ "$kind" != no-daemon ] || how=(-m container)
[ $# -gt 0 ] || set -- .venv/bin/python -m pytest -q "${how[@]}"
env -u CI -u CONTAINERS_CONF -u KPT_FN_RUNTIME -u KRM_FN_RUNTIME -u GOFLAGS -u CILIUM_POLICIES_CACHE -u XDG_CACHE_HOME \
  "${keep[@]}" "${within[@]}" "$@"
