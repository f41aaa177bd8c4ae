"""What a run says: order of results, lines on stderr, ids that stand twice."""

from __future__ import annotations

import textwrap

from cilium_policies.function import Options, Outcome, run

from tests.support import deployment, namespace, service, stream

SHOP = (namespace("shop"), deployment("shop/web"), service("shop/gone"), service("shop/web"))


def answer(data: bytes, **fields: str) -> Outcome:
    return run([("stdin", data)], Options(overrides=tuple(fields.items()), verbose=True))


def resource_list(*documents: str) -> bytes:
    items = "".join("- " + textwrap.indent(one, "  ")[2:] for one in documents)
    return f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}".encode()


def test_warnings_come_before_one_info_a_namespace() -> None:
    results = answer(resource_list(*SHOP), mode="enforce").stdout.decode().partition("results:")[2]
    order = [line.split('"')[1] for line in results.splitlines() if "severity" in line]
    assert order == ["warning", "warning", "warning", "info"]
    assert "shop: 3 policies, enforce" in results
    audited = answer(resource_list(*SHOP)).stdout.decode().partition("results:")[2]
    assert audited.index("shop: 3 policies, audit") < audited.index("audit needs Cilium 1.16")


def test_each_warning_is_a_line_with_place_and_cure_and_the_summary_is_last() -> None:
    *lines, last = answer(stream(*SHOP), mode="enforce").stderr
    assert lines[0] == (
        "cilium-policies: warning: stdin:24: Service shop/gone selects no pod that the input shows;"
        " correct its selector"
    )
    assert len(lines) == 3
    assert last == (
        "cilium-policies: 1 namespace, 3 policies, enforce; 2 directions unknown: cilium-policies list --uncovered FILE"
    )


TWO_NAMES = "env: [{name: API_URL, value: 'http://a:80'}, {name: CART_URL, value: 'http://b:80'}]"


def test_a_direction_that_is_unknown_is_counted_once_and_not_as_a_warning_as_well() -> None:
    quiet = Options(overrides=(("mode", "enforce"),))
    shown = stream(
        *SHOP[:2], deployment("shop/two", extra=TWO_NAMES), service("shop/web"), service("shop/two")
    )
    assert run([("stdin", shown)], quiet).stderr == [
        "cilium-policies: 1 namespace, 4 policies, enforce; 4 directions unknown: cilium-policies list --uncovered FILE"
    ]
    with_warning = run([("stdin", stream(*SHOP))], quiet).stderr[-1]
    assert "enforce; 1 warning (-v shows it); 2 directions unknown" in with_warning


def test_a_namespace_that_is_only_named_has_its_line() -> None:
    lines = answer(stream(namespace("shop"), service("kube-system/web")), mode="enforce").stderr
    assert [line for line in lines if "no policies in namespace kube-system" in line]


def test_the_same_id_twice_in_a_list_passes_with_a_warning() -> None:
    web = SHOP[1]
    twice = answer(resource_list(namespace("shop"), web, web))
    assert twice.code == 0
    assert [line for line in twice.stderr if "Deployment shop/web is in the list twice" in line]
    other = web.replace("apps/v1", "example.org/v1")
    assert not [line for line in answer(resource_list(web, other)).stderr if "twice" in line]
    assert not [line for line in answer(stream(web, web)).stderr if "twice" in line]


def test_what_two_files_hold_counts_once_and_is_one_line() -> None:
    files = [("a.yaml", stream(*SHOP)), ("b.yaml", stream(SHOP[0], SHOP[1]))]
    said = run(files, Options(only_policies=True, verbose=True)).stderr
    assert [line for line in said if "Namespace shop is in the input twice, and 1 more objects" in line]


def test_a_build_that_closes_a_namespace_of_others_says_so_without_being_asked() -> None:
    """S22: in a pipeline nobody reads -v. What is wrong with the user's own config is printed, the rest is counted."""
    allow = "[{from: {pod: shop/nobody}, to: {pod: shop/web}, ports: [80/TCP], why: x}]"
    config = f"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec: {{allow: {allow}}}\n"
    quiet = Options(config=("c.yaml", config.encode()), overrides=(("mode", "enforce"),))
    *lines, last = run([("stdin", stream(deployment("shop/web"), service("shop/gone")))], quiet).stderr
    assert [line for line in lines if "c.yaml" in line and "shop/nobody" in line]
    assert "2 warnings (-v shows them)" in last
    told = run(
        [("stdin", stream(deployment("shop/web"), service("shop/gone")))], quiet._replace(verbose=True)
    ).stderr
    assert [line for line in told if "Namespace shop" in line or "namespace shop" in line]


def test_a_direction_known_in_part_for_two_reasons_is_named_once_and_an_object_with_its_kind() -> None:
    """That its Gateway is not in the input is said of the pods behind a route and of the proxies, for which the route
    stands; of those pods' ingress, too, that the route may not be all."""
    route = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: external, namespace: network}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""
    shown = resource_list(*SHOP[:2], service("shop/web"), route)
    results = answer(shown, mode="enforce").stdout.decode().partition("results:")[2]
    (line,) = (one for one in results.splitlines() if "known in part: " in one)
    assert line.partition("known in part: ")[2] == 'web ingress, HTTPRoute web ingress and egress"'
