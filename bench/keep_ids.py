"""This function with kustomize's id annotations kept, to show what leaving them out is worth."""

from __future__ import annotations

import sys

from cilium_policies.cli import main
from cilium_policies.krm import ids

ids.cuts = lambda source, besides: []
sys.exit(main())
