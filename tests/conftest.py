"""Fixtures of all tests: the judge, the CRDs of each Cilium version, the corpus, and what is held of every policy."""

from tests.emitted import emitted
from tests.engine.fixtures import corpus, crds, judge

__all__ = ["corpus", "crds", "emitted", "judge"]
