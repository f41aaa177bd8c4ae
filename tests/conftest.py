"""Fixtures of all tests: the judge, the CRDs of each Cilium version, the corpus, and what is held of every policy."""

from hypothesis import settings

from tests.emitted import emitted
from tests.engine.fixtures import corpus, crds, judge

__all__ = ["corpus", "crds", "emitted", "judge"]

# A busy machine is no failure; what must be quick has a test of its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
