"""`break-glass`: one policy that opens a namespace in an emergency."""

from __future__ import annotations

import re
import time

import click

from cilium_policies.cli.streams import put, say
from cilium_policies.document.finding import refused
from cilium_policies.generate.break_glass import policy
from cilium_policies.kube.names import is_namespace

_UNITS = {"m": 60, "h": 3600, "d": 86400}


@click.command("break-glass", short_help="one policy that opens a namespace in an emergency")
@click.argument("namespace")
@click.option(
    "--for",
    "span",
    metavar="TIME",
    default="4h",
    help="How long it should stay (30m, 4h, 2d): its name says so, but nothing removes it.",
)
def break_glass_command(namespace: str, span: str) -> int:
    """Prints one CiliumNetworkPolicy that opens a namespace in both directions, beside all others; nothing is applied.

    GitOps leaves it alone, as it is in no repository. Nothing removes it by itself: its name and annotation say until
    when it is meant, its comments how to delete it. docs/night.md has the steps before and after.

    \b
    cilium-policies break-glass shop | kubectl apply -f -
    cilium-policies break-glass shop --for 30m > open.yaml

    Exit code: 0 done; 1 no namespace's name; 2 wrong command line.
    """
    if not is_namespace(namespace):
        raise refused(
            f"{namespace!r} is not the name of a namespace", "write it as kubectl get namespaces does"
        )
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", span)
    if not found:
        raise click.UsageError(f"--for {span}: write 30m, 4h or 2d")
    put(policy(namespace, time.time() + int(found[1]) * _UNITS[found[2]]).encode())
    say(
        [
            f"cilium-policies: nothing removes it automatically: kubectl -n {namespace} get ciliumnetworkpolicies"
        ]
    )
    return 0
