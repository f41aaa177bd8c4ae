"""`inventory`: a whole tree condensed into one object that single builds read."""

from __future__ import annotations

import click

from cilium_policies.catalogue.load import load
from cilium_policies.cli import options
from cilium_policies.cli.streams import put, say
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.evidence.told import told
from cilium_policies.kube.reading import objects
from cilium_policies.lean import Any
from cilium_policies.workloads.inventory.write import write_inventory


@click.command("inventory", short_help="condenses a whole tree into one object that single builds read")
@options.reads_builds
@click.option("--name", default="cluster", help="The object's name, as spec.inventory says it.")
def inventory_command(name: str, **given: Any) -> int:
    """Writes a ClusterInventory: what the other builds of a cluster hold, as peers of a single build's pods.

    It is local-config: add it to a build's resources and name it in spec.inventory, or give it with --inventory.
    Of what objects say it holds keys, hosts and ports, names, words of a fixed list, and fields that name something;
    every other word is an x (SECURITY.md). Of Secrets: host and port of the addresses in them, the names of Services
    and words of configuration around those.

    \b
    cilium-policies inventory clusters/home > inventory.yaml
    kustomize build apps/media | cilium-policies --inventory inventory.yaml

    Exit code: 0 done; 1 input or config refused; 2 wrong command line.
    """
    wanted = options.options_of(given)
    read = options.read(given["files"])
    sources = [split(data, file) for file, data in read]
    config = config_of(sources, wanted.config, wanted.overrides)
    found = objects(sources, config.default_namespace).objects
    catalogue = load(config.defined_components, config.disabled_components)
    put(write_inventory(found, dict(read), catalogue, told, name).encode())
    say([f"cilium-policies: {name}: {len(found)} objects of {len(read)} files"])
    return 0
