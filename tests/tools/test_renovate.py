"""What renovate.json speaks of is there: every rule names files that exist, every expression finds what it is for.

Renovate's own validator takes it, and `renovate --platform=local --dry-run=extract` lists these (44.121, by hand).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
import yaml

from tests.tools import ROOT, SOURCE, VERSION, run

CONFIG = json.loads((ROOT / "renovate.json").read_text("utf-8"))
CATALOGUE, HOOK, BUILDERS = CONFIG["customManagers"]
NAMED = re.compile(r"(?:^|; )(?:chart|source of) (v?\d[^\s,;]*)[^()]*\(([\w.-]+/[\w.-]+)")


def tracked() -> list[str]:
    listing = run(["git", "ls-files", "-z"])
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.split("\0") if name]


def found(manager: dict, names: list[str]) -> Iterator[tuple[str, str]]:
    """Package and version of each match in the manager's files."""
    (pattern,), (place,) = manager["matchStrings"], manager["managerFilePatterns"]
    expression = re.compile(pattern.replace("(?<", "(?P<"))
    for name in names:
        if re.search(place.strip("/"), name):
            for match in expression.finditer((ROOT / name).read_text("utf-8")):
                yield match["packageName"], match["currentValue"]


def checked(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "checked" and isinstance(one, str):
                yield one
            else:
                yield from checked(one)
    elif isinstance(value, list):
        for one in value:
            yield from checked(one)


def test_each_version_that_an_entry_was_checked_against_is_found() -> None:
    names = tracked()
    said = []
    for name in names:
        if name.startswith("fn/cilium_policies/catalogue/components/") and name.endswith(".yaml"):
            for document in yaml.load_all((ROOT / name).read_text("utf-8"), yaml.CSafeLoader):
                said += [match.groups()[::-1] for one in checked(document) if (match := NAMED.search(one))]
    assert len(said) > 300
    assert sorted(found(CATALOGUE, names)) == sorted(said)


def test_the_hook_of_the_example_is_found() -> None:
    assert list(found(HOOK, tracked())) == [(SOURCE, f"v{VERSION}")]


def test_every_rule_names_files_that_are_there() -> None:
    names = tracked()
    for rule in CONFIG["packageRules"]:
        for pattern in rule.get("matchFileNames", ()):
            assert any(fnmatchcase(name, pattern.replace("**", "*")) for name in names), pattern


def test_pins_are_looked_for_where_they_stand() -> None:
    """The recommended preset leaves out tests/ and examples/; requirements of another name than the usual are named."""
    names = tracked()
    assert not any(
        fnmatchcase(name, one.replace("**", "*")) for name in names for one in CONFIG["ignorePaths"]
    )
    (pattern,) = CONFIG["pip_requirements"]["managerFilePatterns"]
    pinned = [name for name in names if re.search(pattern.strip("/"), name)]
    assert pinned == [f"requirements/{name}.txt" for name in ("build", "dev", "fuzz", "runtime")]
    assert set(CONFIG["enabledManagers"]) == {
        "custom.regex",
        "dockerfile",
        "github-actions",
        "gomod",
        "pip_requirements",
    }


def test_images_are_named_by_digest_and_each_is_kept_by_a_manager() -> None:
    """The Dockerfile's base and CI's container by Renovate's own managers, the builder's images by an expression."""
    (rule,) = [one for one in CONFIG["packageRules"] if one.get("matchDatasources") == ["docker"]]
    assert rule["pinDigests"] is True
    (base,) = re.findall(r"(?m)^ARG BASE=(.+)$", (ROOT / "Dockerfile").read_text())
    workflows = "".join(path.read_text() for path in sorted((ROOT / ".github/workflows").glob("*.yaml")))
    named = re.findall(r"(?:(?<!-)image: |image=|generator=)(\S+)", workflows)
    assert all(re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", one) for one in [base, *named])
    versions = [one.partition("@")[0] for one in named]
    (container,) = [one for one in versions if not one.startswith("docker.io/")]
    assert container.startswith("golang:")
    kept = [f"docker.io/{name}:{version}" for name, version in found(BUILDERS, tracked())]
    assert sorted(kept) == sorted(one for one in versions if one != container)
    versioning = BUILDERS["versioningTemplate"].removeprefix("regex:").replace("(?<", "(?P<")
    assert all(re.match(versioning, one.rpartition(":")[2]) for one in kept)


def test_the_buildkit_of_a_release_is_the_one_that_rehearses_it() -> None:
    (version,) = [version for name, version in found(BUILDERS, tracked()) if name == "moby/buildkit"]
    module = (ROOT / ".ci/tools/buildkitd/go.mod").read_text()
    assert re.findall(r"github\.com/moby/buildkit (v\S+)", module) == [version]
