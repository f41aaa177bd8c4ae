"""`kubectl get -A -o yaml` from this API server as input: the same policies as from the manifests."""

from __future__ import annotations

import subprocess

from tests.live import needs
from tests.live.ask import Answer, Check, Live
from tests.live.given import Body, bodies, given, key, policies, shop, stream
from tests.live.running import Running
from tests.tools import environment

NAME = "dump"
_KINDS = (
    "namespaces,pods,deployments,statefulsets,services,serviceaccounts,clusterroles,clusterrolebindings,"
    "ciliumnetworkpolicies"
)
_SHOWN = ("Deployment", "StatefulSet", "Service", "ServiceAccount", "ClusterRole", "ClusterRoleBinding")


def ask(live: Live) -> Answer:
    """The manifests go in, controllers' pods beside them; what comes out of kubectl is read again."""
    check = Check(NAME, "the output of kubectl get -A -o yaml as input")
    if not needs.there("kubectl"):
        check.notes.append("not asked: kubectl is not installed: make tools")
        return check.answer()
    found = given(shop())
    with Running(live.cluster, found) as running:
        running.apply(found.policies["audit"])
        for body in bodies(found.cluster):
            if body.get("kind") in _SHOWN and body["metadata"].get("namespace") in ("shop", "reloader", None):
                live.cluster.api.create(body)
        target = live.out / "dump.yaml"
        target.write_text(_kubectl(), encoding="utf-8")
        filled = live.out / "filled.yaml"
        filled.write_text(
            stream([_filled(one) for path in shop().builds for one in bodies(path.read_text())])
        )
        again = given(shop()._replace(builds=(filled,)))
        text = _said("cilium-policies", "--only-policies", str(target))
        made = {key(one): one for one in policies(text)}
        for body in again.policies["audit"]:
            if body["metadata"]["namespace"] in ("shop", "reloader"):
                again_made = made.get(key(body), {})
                same = all(again_made.get(part) == body.get(part) for part in ("spec", "specs"))
                check.that(f"{'/'.join(key(body))} is the same from the dump", same)
        for body in bodies(found.cluster):
            if body.get("kind") in _SHOWN:
                live.cluster.api.delete(body)
    return check.answer()


def _filled(body: Body) -> Body:
    """With the number of replicas as the API server fills it in: a manifest without one may have any."""
    if body.get("kind") not in ("Deployment", "StatefulSet"):
        return body
    return {**body, "spec": {"replicas": 1, **body["spec"]}}


def _kubectl() -> str:
    return _said("kubectl", "--kubeconfig=/run/kube/config", "get", _KINDS, "-A", "-o", "yaml")


def _said(*command: str) -> str:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout
