"""The function's own refusals, as they arrive through a stream, kustomize, kpt or Helm."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.trouble import CONFIG, EXEC, NAMESPACE, Case, build, kustomization, seen
from tests.tools import EXAMPLES, require

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web}]}
"""


def stream(text: str, *arguments: str | Path, code: int = 1) -> str:
    return seen(["cilium-policies", *arguments], code, stdin=text)


def unknown_field(tmp: Path) -> str:
    return build(kustomization(tmp, spec="spec: {namespaces: {exlude: [web]}}\n"))


def not_a_boolean(tmp: Path) -> str:
    return build(kustomization(tmp, spec='spec: {enabled: "yes"}\n'))


def bad_mode(tmp: Path) -> str:
    require("kpt")
    tmp.mkdir()
    (tmp / "ns.yaml").write_text(NAMESPACE)
    return seen(["kpt", "fn", "eval", tmp, "--exec", "cilium-policies", "--", "mode=enforced"], 1)


def _allowing(entry: str) -> str:
    spec = f"spec: {{allow: [{{from: {{namespace: web}}, to: internet, {entry}}}]}}\n"
    return CONFIG.format(function=EXEC) + spec


def http_without_a_port(tmp: Path) -> str:
    tmp.mkdir()
    (tmp / "fn.yaml").write_text(_allowing("ports: [8000-8010/TCP], http: [{method: GET}]"))
    return stream(NAMESPACE, "--config", tmp / "fn.yaml")


def names_without_port_53(tmp: Path) -> str:
    tmp.mkdir()
    (tmp / "fn.yaml").write_text(_allowing("ports: [5353/UDP], dns: [example.org]"))
    return stream(NAMESPACE, "--config", tmp / "fn.yaml")


def older_inventory(tmp: Path) -> str:
    tmp.mkdir()
    seen(["sh", "-c", 'cilium-policies inventory >"$0"', tmp / "inventory.yaml"], 0, stdin=NAMESPACE)
    deployment = DEPLOYMENT.replace("name: web\n", "name: web\n  namespace: web\n", 1)
    return stream(f"{NAMESPACE}---\n{deployment}", "check", "--inventory", tmp / "inventory.yaml")


def listed_twice(tmp: Path) -> str:
    item = NAMESPACE.replace("\n", "\n  ").rstrip()
    items = f"items:\n- {item}\n- {item}\n"
    return stream(f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n{items}", "-v", code=0)


def other_kind(tmp: Path) -> str:
    folder = kustomization(tmp)
    (folder / "fn.yaml").write_text(
        (folder / "fn.yaml").read_text().replace("kind: CiliumPolicies", "kind: Policies")
    )
    return build(folder)


def as_generator(tmp: Path) -> str:
    return build(kustomization(tmp, field="generators"))


def namespace_unknown(tmp: Path) -> str:
    component = kustomization(tmp / "part")
    text = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ntransformers: [fn.yaml]\n"
    (component / "kustomization.yaml").write_text(text)
    (tmp / "web.yaml").write_text(DEPLOYMENT)
    (tmp / "kustomization.yaml").write_text("resources: [web.yaml]\ncomponents: [part]\nnamespace: web\n")
    return build(tmp)


def helm_without_namespace(tmp: Path) -> str:
    require("helm")
    chart = EXAMPLES / "helm" / "chart"
    return seen(["helm", "template", "blog", chart, "--post-renderer", "cilium-policies"], 1)


def old_cilium(tmp: Path) -> str:
    return stream(NAMESPACE, "--set", "cluster.ciliumVersion=1.15.6")


def not_yaml(tmp: Path) -> str:
    return stream("metadata: [web\n")


def not_text(tmp: Path) -> str:
    return seen(["sh", "-c", r"printf 'name: \377\n' | cilium-policies"], 1)


def nul(tmp: Path) -> str:
    return stream("name: a\0b\n")


def alias_bomb(tmp: Path) -> str:
    lines = ["  l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    return stream(DEPLOYMENT + "\n".join(["bomb:", *lines, ""]))


def duplicate_key(tmp: Path) -> str:
    return stream(DEPLOYMENT.replace("  name: web\n", "  name: web\n  name: again\n", 1))


def json_stream(tmp: Path) -> str:
    return stream('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}')


def several_files(tmp: Path) -> str:
    return seen(["cilium-policies", EXAMPLES / "shop"], 2)


def full_disk(tmp: Path) -> str:
    return seen(["sh", "-c", "cilium-policies >/dev/full"], 1, stdin=NAMESPACE)


def wrong_option(tmp: Path) -> str:
    return stream(NAMESPACE, "--mod", "audit", code=2)


CASES: dict[str, Case] = {
    "spec.namespaces.exlude: unknown field 'exlude'; did you mean exclude?": unknown_field,
    "is not a boolean; write true or false": not_a_boolean,
    "spec.mode: unknown value 'enforced'; did you mean enforce?": bad_mode,
    "http requests need single TCP ports": http_without_a_port,
    "DNS queries go to port 53": names_without_port_53,
    "is not for this function; write apiVersion: cilium-policies.fn/v1alpha1 and kind: CiliumPolicies": other_kind,
    "the list holds only the function's own config": as_generator,
    "the namespace of … is not known": namespace_unknown,
    "error while running post render on files: … (--namespace NAME)": helm_without_namespace,
    "is older than the input: …": older_inventory,
    "is in the list twice: as item …": listed_twice,
    "has no enableDefaultDeny: a policy meant for audit would cut": old_cilium,
    "not YAML: …": not_yaml,
    "invalid UTF-8": not_text,
    "a NUL byte": nul,
    "aliases multiply the document": alias_bomb,
    "duplicate key 'name'; keep one of the two": duplicate_key,
    "policies cannot be appended to a JSON stream": json_stream,
    "several files or a folder need --only-policies": several_files,
    "no space left on device": full_disk,
    "unknown option --mod": wrong_option,
}
