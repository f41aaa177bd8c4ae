"""`check`: does a build hold what the function would add?"""

from __future__ import annotations

from typing import Any

import click

from cilium_policies import function
from cilium_policies.cli import options
from cilium_policies.cli.streams import put_pieces, say


@click.command("check", short_help="fails when a build lacks what the function would add")
@options.reads_builds
def check_command(**given: Any) -> int:
    """Fails when policies are missing, moved, changed by hand or stale.

    Without a config it asks for presence: a default-deny of the function's in each namespace, and each workload
    selected by one of its policies. With one it compares with what that config would generate.

    \b
    kustomize build . | cilium-policies check
    cilium-policies check --config cilium-policies.yaml rendered/

    Where the input shows no namespace at all it fails as well: the build before it may have.

    Exit code: 0 done, nothing amiss; 1 something found, or input or config refused; 2 wrong command line.
    """
    wanted = options.options_of(given)
    wanted = wanted._replace(
        overrides=(*wanted.overrides, ("action", "check")), allow_empty=given["allow_empty"]
    )
    outcome = function.run(options.read(given["files"]), wanted)
    put_pieces(outcome.pieces)
    say(outcome.stderr)
    return outcome.code
