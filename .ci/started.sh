#!/bin/sh
# started.sh IMAGE [PLATFORM@DIGEST …]: starts an image as kustomize does and asks it for policies; with platforms (as
# digests.py lists them) IMAGE@DIGEST on each. What it answers has to be what the installed program answers. The release
# signs nothing that this has not started, and attests what it prints: which images answered, and what was asked.
set -eu
cd "$(dirname "$0")/.."
image=$1
shift
ENGINE=${ENGINE:-docker}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat >"$place/list.yaml" <<'LIST'
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - name: web
          image: registry.example/web:1
          ports: [{containerPort: 8080}]
          env: [{name: DATABASE_URL, value: 'postgres://db.data.svc:5432/x'}]
LIST
${PROGRAM:-.venv/bin/cilium-policies} <"$place/list.yaml" >"$place/expected.yaml"
grep -q 'name: default-deny' "$place/expected.yaml"

said=
for one in "${@:-}"; do
  platform=${one%%@*} digest=${one#"${one%%@*}"}
  "$ENGINE" run --rm -i ${platform:+--platform "$platform"} --network none --read-only --user 65534:65534 \
    --cap-drop all --security-opt no-new-privileges "$image$digest" <"$place/list.yaml" >"$place/answer.yaml"
  cmp "$place/expected.yaml" "$place/answer.yaml"
  echo "started: $image$digest ${platform:-here}: $(grep -c 'kind: CiliumNetworkPolicy' "$place/answer.yaml") policies" >&2
  said="$said${said:+, }{\"platform\": \"${platform:-here}\", \"digest\": \"${digest#@}\"}"
done
sum() { sha256sum <"$1" | cut -d ' ' -f 1; }
echo "{\"images\": [$said], \"asked\": {\"sha256\": \"$(sum "$place/list.yaml")\"}, \
\"answered\": {\"sha256\": \"$(sum "$place/expected.yaml")\"}}"
