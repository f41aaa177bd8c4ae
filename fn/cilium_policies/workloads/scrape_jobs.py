"""Jobs of a Prometheus that stand in a Secret, as the chart of its operator writes `additionalScrapeConfigs`: how they
find their targets, and nothing of how they log in there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, key_values, mapping, mappings, sequence, text
from cilium_policies.workloads.model import Text

# What a rule leads to: other parameters and labels may hold anything
_LEADS = ("__address__", "__param_target", "__param_module")


def chosen(one: Object, key: Mapping, inventory: Inventory) -> tuple[Text, ...]:
    """The jobs in the key of a Secret that an object chooses (`{name: X, key: jobs.yaml}`)."""
    name, entry = text(key.get("name")), text(key.get("key"))
    secret = inventory.get("Secret", one.namespace, name)
    if secret is None or not entry:
        return ()
    found = (found_by(value) for called, value in key_values(secret) if called == entry)
    return tuple(Text("entry", entry, jobs, secret, entry) for jobs in found if jobs)


def found_by(value: str) -> str:
    """The jobs of a configuration, or of a list of jobs, as YAML; "" where there are none."""
    try:
        whole = load(value.encode())
    except RefusedError:
        return ""
    jobs = mappings(whole) or mappings(mapping(whole).get("scrape_configs"))
    return "\n".join(line for job in jobs for line in _job(job))


def _job(job: Mapping) -> Iterator[str]:
    yield "- static_configs:"
    for block in mappings(job.get("static_configs")):
        yield "  - targets:"
        yield from (
            f"    - {json.dumps(text(one))}" for one in sequence(block.get("targets")) if _is_bare(one)
        )
    yield f"  params: {json.dumps({'module': [*map(text, sequence(at(job, 'params', 'module')))]})}"
    found = [{"role": text(one.get("role")), "namespaces": _names(one)} for one in _discoveries(job)]
    yield f"  kubernetes_sd_configs: {json.dumps(found)}"
    yield f"  relabel_configs: {json.dumps([*map(_rule, mappings(job.get('relabel_configs')))])}"


def _discoveries(job: Mapping) -> list[Mapping]:
    return mappings(job.get("kubernetes_sd_configs"))


def _names(discovery: Mapping) -> dict[str, list[str]]:
    return {"names": [*map(text, sequence(at(discovery, "namespaces", "names")))]}


def _is_bare(target: object) -> bool:
    """Whether a target has no user and nothing behind its path."""
    return not {"@", "?"}.intersection(text(target))


def _rule(rule: Mapping) -> dict[str, object]:
    kept: dict[str, object] = {
        key: text(rule.get(key)) for key in ("action", "separator", "target_label") if key in rule
    }
    kept["source_labels"] = [*map(text, sequence(rule.get("source_labels")))]
    leads = text(rule.get("target_label")) in _LEADS and _is_bare(rule.get("replacement"))
    if leads and "replacement" in rule:
        kept["replacement"] = text(rule.get("replacement"))
    if "regex" in rule:
        kept["regex"] = text(rule.get("regex"))
    return kept
