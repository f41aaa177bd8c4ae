"""Fixtures of all tests: the judge, the CRDs of each Cilium version, and the corpus."""

from tests.engine.fixtures import corpus, crds, judge

__all__ = ["corpus", "crds", "judge"]
