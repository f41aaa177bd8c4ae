"""Break glass: one policy that opens a namespace for a while, whatever else stands there, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.document.finding import ERROR, Finding
from cilium_policies.kube.objects import Object
from cilium_policies.kube.reading import BREAK_GLASS

NAME = "break-glass-until"
_TEXT = """\
# Opens namespace {namespace} in both directions, beside every other policy. It is meant until {time}, but nothing
# removes it by itself:
#
#   kubectl -n {namespace} delete ciliumnetworkpolicy {name}
#
# GitOps leaves it alone: it is in no repository. Deny rules (ingressDeny, egressDeny) of other policies still deny.
# cilium-policies check, lint and report name it as long as it stands.
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: {name}
  namespace: {namespace}
  annotations:
    {annotation}: "{time}"
spec:
  description: everything may come in and go out until somebody deletes this policy
  endpointSelector: {{}}
  enableDefaultDeny:
    ingress: false
    egress: false
  ingress:
    - fromEntities:
        - all
  egress:
    - toEntities:
        - all
"""


def policy(namespace: str, until: float) -> str:
    """The policy as YAML, with what to know about it as comments; `until` in seconds since the epoch."""
    from time import gmtime, strftime

    moment = gmtime(until)
    name = f"{NAME}-{strftime('%Y%m%dt%H%Mz', moment)}"
    time = strftime("%Y-%m-%dT%H:%M:00Z", moment)
    return _TEXT.format(namespace=namespace, name=name, time=time, annotation=BREAK_GLASS)


def still_open(policies: Iterable[Object]) -> Iterator[Finding]:
    """An error for each such policy in an input: what is open must not pass a check."""
    for one in policies:
        until = one.annotations.get(BREAK_GLASS, "")
        message = f"{one} opens namespace {one.namespace} (break glass, meant until {until})"
        yield one.finding(ERROR, message, f"kubectl -n {one.namespace} delete ciliumnetworkpolicy {one.name}")
