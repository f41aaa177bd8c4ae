"""kpt packages: the user's text survives, policies keep their place, a second run changes nothing."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.manifests import documents, name, own
from tests.tools import EXAMPLES, require, run, succeeded

pytestmark = pytest.mark.e2e

EVAL = ["kpt", "fn", "eval", ".", "--exec", "cilium-policies"]


@pytest.fixture
def package(tmp_path):
    """A copy of the guestbook package without its pipeline."""
    require("kpt")
    shutil.copy(EXAMPLES / "kpt-render" / "guestbook.yaml", tmp_path)
    return tmp_path


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_users_file_is_changed_no_more_than_by_cat(package, tmp_path_factory):
    other = tmp_path_factory.mktemp("cat")
    shutil.copytree(package, other, dirs_exist_ok=True)
    succeeded(run(["kpt", "fn", "eval", ".", "--exec", "cat"], cwd=other))

    succeeded(run(EVAL, cwd=package))

    assert (package / "guestbook.yaml").read_text() == (other / "guestbook.yaml").read_text()
    assert "# flow style stays flow style" in (package / "guestbook.yaml").read_text()


def test_a_second_run_changes_nothing(package):
    succeeded(run(EVAL, cwd=package))
    first = files(package)
    succeeded(run(EVAL, cwd=package))

    assert len(first) > 1
    assert files(package) == first


def test_a_replaced_policy_keeps_its_path_and_its_place_in_the_file(package):
    succeeded(run(EVAL, cwd=package))
    made = sorted(path for path in package.rglob("*.yaml") if path.name != "guestbook.yaml")
    together = package / "policies" / "all.yaml"
    together.parent.mkdir()
    together.write_text("---\n".join(path.read_text() for path in reversed(made)))
    for path in made:
        path.unlink()
    before = [name(doc) for doc in documents(together.read_text())]

    succeeded(run([*EVAL, "--", "mode=enforce"], cwd=package))

    assert [name(doc) for doc in documents(together.read_text())] == before
    assert "enableDefaultDeny" not in together.read_text()
    assert set(files(package)) == {"guestbook.yaml", "policies/all.yaml"}


def test_a_policy_that_no_longer_belongs_is_removed_with_its_file(package):
    succeeded(run(EVAL, cwd=package))
    before = set(files(package))
    text = (package / "guestbook.yaml").read_text()
    start = text.index("---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: redis")
    (package / "guestbook.yaml").write_text(text[:start])

    succeeded(run(EVAL, cwd=package))

    gone = before - set(files(package))
    assert [path.rpartition("_")[2] for path in gone] == ["redis.yaml"]


def test_disabled_removes_its_own_policies_and_nothing_else(package):
    succeeded(run(["kpt", "fn", "eval", ".", "--exec", "cat"], cwd=package))
    untouched = files(package)
    succeeded(run(EVAL, cwd=package))
    succeeded(run([*EVAL, "--", "enabled=false"], cwd=package))

    assert files(package) == untouched


def test_a_refused_config_shows_in_results_and_leaves_the_package(package, tmp_path_factory):
    before = files(package)
    results = tmp_path_factory.mktemp("results")
    done = run([*EVAL, "--results-dir", results, "--", "mode=enforced"], cwd=package)

    assert done.returncode == 1
    assert "[error]" in done.stderr
    assert "mode" in done.stderr
    assert files(package) == before
    assert "severity: error" in (results / "results.yaml").read_text()


def test_results_name_what_is_uncovered_and_one_line_a_namespace(package):
    done = run([*EVAL, "--truncate-output=false"], cwd=package)

    assert done.returncode == 0
    lines = [line for line in done.stderr.splitlines() if "[warning]" in line or "[info]" in line]
    assert any("guestbook" in line for line in lines)
    assert lines == sorted(lines, key=lambda line: "[info]" in line), "warnings stand before the rest"


def test_check_as_validator_keeps_every_file(package):
    succeeded(run(EVAL, cwd=package))
    before = files(package)
    succeeded(run([*EVAL, "--", "action=check"], cwd=package))

    assert files(package) == before


def test_check_fails_before_the_function_ran(package):
    before = files(package)

    assert run([*EVAL, "--", "action=check"], cwd=package).returncode == 1
    assert files(package) == before


def test_a_plain_stream_through_kpt(package):
    stream = (package / "guestbook.yaml").read_text()
    unwrapped = succeeded(
        run(["kpt", "fn", "eval", "-", "-o", "unwrap", "--exec", "cilium-policies"], stdin=stream)
    )
    direct = succeeded(run(["cilium-policies"], stdin=stream))

    assert [name(doc) for doc in own(documents(unwrapped))] == [name(doc) for doc in own(documents(direct))]
