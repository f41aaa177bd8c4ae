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
from cilium_policies.workloads.shown_urls import address_of

# What a rule leads to: other parameters and labels may hold anything
_LEADS = ("__address__", "__param_target", "__param_module")
# What discovery tells of a target, of which a rule asks no secret; parameters and labels of the job's own may be one
_FOUND = ("__meta_", "__address__")


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
        targets = filter(None, map(_address, sequence(block.get("targets"))))
        yield from (f"    - {json.dumps(one)}" for one in targets)
    yield f"  params: {json.dumps({'module': [*map(text, sequence(at(job, 'params', 'module')))]})}"
    found = [{"role": text(one.get("role")), "namespaces": _names(one)} for one in _discoveries(job)]
    yield f"  kubernetes_sd_configs: {json.dumps(found)}"
    yield f"  relabel_configs: {json.dumps([*map(_rule, mappings(job.get('relabel_configs')))])}"


def _discoveries(job: Mapping) -> list[Mapping]:
    return mappings(job.get("kubernetes_sd_configs"))


def _names(discovery: Mapping) -> dict[str, list[str]]:
    return {"names": [*map(text, sequence(at(discovery, "namespaces", "names")))]}


def _address(target: object) -> str:
    """A target up to its host and port, whose path may be a secret of its own (`https://hc.acme.com/ping/TOKEN`); ""
    where it has a user, or where that is not plain."""
    said = text(target)
    if {"@", "?", "#"}.intersection(said):
        return ""
    kept = address_of(said) if "://" in said else said.partition("/")[0]
    return kept if said.startswith(kept) else ""


def _rule(rule: Mapping) -> dict[str, object]:
    kept: dict[str, object] = {
        key: text(rule.get(key)) for key in ("action", "separator", "target_label") if key in rule
    }
    labels = [*map(text, sequence(rule.get("source_labels")))]
    kept["source_labels"] = labels
    if text(rule.get("target_label")) in _LEADS and (leads := _address(rule.get("replacement"))):
        kept["replacement"] = leads
    if "regex" in rule and all(one.startswith(_FOUND) for one in labels):
        kept["regex"] = text(rule.get("regex"))
    return kept
