"""The names of files that hold objects, and of those that say how a folder is built."""

from __future__ import annotations

ENDINGS = (".yaml", ".yml", ".json")
FLEET = ("fleet.yaml", "fleet.yml")  # of Rancher's Fleet; the first one counts
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
