"""The image's entry point: the command, found without site-packages."""

import sys

sys.path.insert(0, "/app/lib")
sys.argv[0] = "cilium-policies"

from cilium_policies.cli import program  # noqa: E402

program()
