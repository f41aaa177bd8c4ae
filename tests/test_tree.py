"""The file tree: the seed's layout, whose files are touched, and what a full disk or a link leaves behind."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from cilium_policies import listing, staging, tree
from cilium_policies.config.model import Write
from cilium_policies.document.finding import RefusedError, line_of

from tests.hostile.writes import finish

DENY = b"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: default-deny\n  namespace: media\n"
POLICIES = [
    tree.Policy("media", "default-deny", DENY),
    tree.Policy("media", "radarr", DENY.replace(b"default-deny", b"radarr")),
    tree.Policy("web", "default-deny", DENY.replace(b"media", b"web")),
    tree.Policy("", "allow-dns-all", b"apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\n"),
]


USUAL = Write()


def made(
    policies: list[tree.Policy] = POLICIES, output: str = "apps", settings: Write = USUAL
) -> dict[str, bytes]:
    return tree.files(policies, output, settings)


def listed(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_the_seeds_layout() -> None:
    assert list(made()) == [
        "cluster-policies/network-policies/ks.yaml",
        "cluster-policies/network-policies/app/kustomization.yaml",
        "cluster-policies/network-policies/app/allow-dns-all.yaml",
        "media/network-policies/ks.yaml",
        "media/network-policies/app/kustomization.yaml",
        "media/network-policies/app/default-deny.yaml",
        "media/network-policies/app/radarr.yaml",
        "web/network-policies/ks.yaml",
        "web/network-policies/app/kustomization.yaml",
        "web/network-policies/app/default-deny.yaml",
    ]


def test_ks_yaml_is_a_flux_kustomization() -> None:
    assert yaml.safe_load(made()["media/network-policies/ks.yaml"]) == {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "media-network-policies", "namespace": "flux-system"},
        "spec": {
            "interval": "1h",
            "path": "./apps/media/network-policies/app",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "flux-system", "namespace": "flux-system"},
        },
    }
    settings = Write("OCIRepository", "on", "1", "./k8s//apps/", "10m")
    spec = yaml.safe_load(made(settings=settings)["web/network-policies/ks.yaml"])["spec"]
    assert spec["sourceRef"] == {"kind": "OCIRepository", "name": "on", "namespace": "1"}
    assert (spec["path"], spec["interval"]) == ("./k8s/apps/web/network-policies/app", "10m")


def test_a_long_namespace_leaves_a_name_that_fits_a_label() -> None:
    names = []
    for last in "ab":
        namespace = "n" * 62 + last
        ks = made([tree.Policy(namespace, "x", DENY)])[f"{namespace}/network-policies/ks.yaml"]
        names.append(yaml.safe_load(ks)["metadata"]["name"])
    assert len(set(names)) == 2
    assert all(len(name) <= 63 for name in names)


def test_the_app_folder_lists_its_policies() -> None:
    kustomization = yaml.safe_load(made()["media/network-policies/app/kustomization.yaml"])
    assert kustomization["resources"] == ["default-deny.yaml", "radarr.yaml"]


def test_a_policy_called_kustomization_does_not_take_that_files_place() -> None:
    paths = made([tree.Policy("a", "kustomization", DENY)])
    assert "a/network-policies/app/kustomization.policy.yaml" in paths
    assert yaml.safe_load(paths["a/network-policies/app/kustomization.yaml"])["kind"] == "Kustomization"


@pytest.mark.parametrize(
    ("namespace", "name"), [("../x", "a"), ("x", "../a"), ("x", "a/b"), (".x", "a"), ("x", "${A}")]
)
def test_names_that_would_lead_elsewhere_are_refused(namespace: str, name: str) -> None:
    with pytest.raises(RefusedError):
        made([tree.Policy(namespace, name, DENY)])


def test_a_second_write_changes_nothing(tmp_path: Path) -> None:
    first = tree.write(str(tmp_path), made())
    assert (len(first.added), first.changed, first.removed) == (10, [], [])
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in listed(tmp_path)}
    second = tree.write(str(tmp_path), made())
    assert (second.added, second.changed, second.removed, second.unchanged) == ([], [], [], 10)
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in listed(tmp_path)} == before
    assert listed(tmp_path) == made()


def test_the_root_is_made_where_it_is_missing(tmp_path: Path) -> None:
    tree.write(str(tmp_path / "a" / "b"), made())
    assert listed(tmp_path / "a" / "b") == made()


ALL_BUT_THE_FIRST = [
    "cluster-policies/network-policies/app/allow-dns-all.yaml",
    "cluster-policies/network-policies/app/kustomization.yaml",
    "cluster-policies/network-policies/ks.yaml",
    "media/network-policies/app/radarr.yaml",
    "web/network-policies/app/default-deny.yaml",
    "web/network-policies/app/kustomization.yaml",
    "web/network-policies/ks.yaml",
]


def test_pruning_takes_stale_files_of_its_own_and_others_stay(tmp_path: Path) -> None:
    tree.write(str(tmp_path), made())
    own = tmp_path / "media/network-policies/app/mine.yaml"
    own.write_text("kind: Mine\n")
    (tmp_path / "web/ks.yaml").write_text("kind: Mine\n")
    changes = tree.write(str(tmp_path), made(POLICIES[:1]), prune=True)
    assert changes.changed == ["media/network-policies/app/kustomization.yaml"]
    assert changes.removed == ALL_BUT_THE_FIRST
    assert own.exists()
    assert (tmp_path / "web/ks.yaml").exists()
    assert not (tmp_path / "web/network-policies").exists()
    assert not (tmp_path / "cluster-policies").exists()


def test_what_an_input_does_not_give_stays_listed(tmp_path: Path) -> None:
    tree.write(str(tmp_path), made())
    before = listed(tmp_path)
    changes = tree.write(str(tmp_path), made(POLICIES[:1]))
    assert listed(tmp_path) == before
    assert (changes.added, changes.changed, changes.removed) == ([], [], [])
    assert changes.kept == [
        "cluster-policies/network-policies/app/allow-dns-all.yaml",
        "media/network-policies/app/radarr.yaml",
        "web/network-policies/app/default-deny.yaml",
    ]
    new = tree.Policy("media", "sonarr", DENY.replace(b"default-deny", b"sonarr"))
    tree.write(str(tmp_path), made([POLICIES[0], new]))
    app = yaml.safe_load((tmp_path / "media/network-policies/app/kustomization.yaml").read_text())
    assert app["resources"] == ["default-deny.yaml", "radarr.yaml", "sonarr.yaml"]


def test_what_the_config_switches_off_goes(tmp_path: Path) -> None:
    tree.write(str(tmp_path), made())
    changes = tree.write(str(tmp_path), made(POLICIES[:1]), off=lambda folder, text: folder == "web")
    assert changes.removed == [path for path in ALL_BUT_THE_FIRST if path.startswith("web/")]
    changes = tree.write(str(tmp_path), made([]), off=lambda folder, text: b"radarr" in text)
    assert changes.removed == ["media/network-policies/app/radarr.yaml"]
    app = yaml.safe_load((tmp_path / "media/network-policies/app/kustomization.yaml").read_text())
    assert app["resources"] == ["default-deny.yaml"]


def test_what_a_killed_run_left_is_cleaned(tmp_path: Path) -> None:
    left = tmp_path / f"{staging.STAGE}abc"
    left.mkdir()
    (left / "0").write_text("x")
    tree.write(str(tmp_path), made())
    assert not left.exists()


# Writes two versions of a tree for ever, until it is ended; the first argument is the folder. What a shell without job
# control starts in the background ignores a Ctrl-C, and so would this.
WRITER = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from cilium_policies import staging, tree
texts = [tree.OWN + b"\\nkind: A\\n" * 400, tree.OWN + b"\\nkind: B\\n" * 400]
print("ready", flush=True)
for number in range(10 ** 6):
    with staging.alone(sys.argv[1]):
        staging.apply(sys.argv[1], {f"a/{name}.yaml": texts[number % 2] for name in range(60)}, [])
"""


def ended(writer: subprocess.Popen[bytes], ending: int) -> int:
    """Its exit code. A signal is sent again where nothing happens: CPython loses a Ctrl-C that meets a destructor."""
    for _ in range(5):
        writer.send_signal(ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return writer.wait(10)
    writer.kill()
    return 0


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_ended_at_any_moment_the_tree_is_as_before_or_as_after(tmp_path: Path, ending: str) -> None:
    for wait in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.02 + wait * 0.0037)
        assert ended(writer, getattr(signal, ending)) != 0
        writer.stdout.close()
        assert len(set(listed(tmp_path).values())) < 2
        assert [path.name for path in tmp_path.iterdir()] in ([], ["a"]), "no stage is left"


def test_killed_hard_it_leaves_nothing_that_git_would_take_and_the_next_run_clears_it(tmp_path: Path) -> None:
    left = 0
    for wait in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.02 + wait * 0.0037)
        writer.kill()
        writer.wait(60)
        writer.stdout.close()
        stages = list(tmp_path.glob(f"{staging.STAGE}*"))
        left += len(stages)
        finish(tmp_path)
        assert len(set(listed(tmp_path).values())) < 2
        with staging.alone(str(tmp_path)):
            staging.apply(str(tmp_path), {f"a/{name}.yaml": tree.OWN for name in range(60)}, [])
        assert set(listed(tmp_path).values()) == {tree.OWN}
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert left, "no run was killed while it had a stage: the test shows nothing"


def test_killed_between_two_folders_that_it_empties_the_next_run_removes_the_outer_ones(
    tmp_path: Path,
) -> None:
    stage = tmp_path / f"{staging.STAGE}x"
    stage.mkdir()
    (stage / "journal.json").write_text('{"paths": [], "removed": ["c/network-policies/app/a.yaml"]}')
    (tmp_path / "c").mkdir()
    (tmp_path / "d").mkdir()
    finish(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


class Killed(BaseException):
    """What no handler expects."""


def _counted(real: Callable[..., None], steps: Iterator[int]) -> Callable[..., None]:
    def step(*places: str) -> None:
        if next(steps, None) is None:
            raise Killed
        real(*places)

    return step


@pytest.mark.parametrize("indexed", [False, True], ids=["", "index"])
def test_killed_between_two_renames_each_folder_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    """Every kustomization names files that are there, whichever rename or removal was the last."""
    before, after = made(POLICIES[:1]), made([*POLICIES[1:], tree.Policy("media", "sonarr", DENY)])
    (tmp_path / "kustomization.yaml").write_text("resources: [./network-policies]\n")
    for last in range(100):
        tree.write(str(tmp_path), before, prune=True, indexed=indexed)
        killed = False
        with monkeypatch.context() as patch:
            steps = iter(range(last))
            for name in ("replace", "rename"):
                patch.setattr(staging.os, name, _counted(getattr(os, name), steps))
            patch.setattr(staging.shutil, "rmtree", lambda *_, **__: None)
            try:
                tree.write(str(tmp_path), after, prune=True, indexed=indexed)
            except Killed:
                killed = True
        for place in tmp_path.rglob("*/kustomization.yaml"):
            for one in yaml.safe_load(place.read_text())["resources"]:
                assert (place.parent / one).exists(), (last, place, one)
        if not killed:
            assert last > 5
            break


@pytest.mark.parametrize("then", ["finished", "killed again"])
def test_killed_at_any_moment_and_finished_the_tree_is_as_before_or_as_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """By the next run, whatever it writes: here one whose own input is another."""
    root, before = str(tmp_path), made(POLICIES[:2])
    after = made([*POLICIES[1:], tree.Policy("media", "x", DENY)])
    tree.write(root, after, prune=True)
    new = listed(tmp_path)
    seen = set()
    for last in range(100):
        tree.write(root, before, prune=True)
        old = listed(tmp_path)
        stopped = killed_at(last, monkeypatch, lambda: tree.write(root, after, prune=True))
        if then == "killed again":
            killed_at(1, monkeypatch, lambda: finish(tmp_path))
        finish(tmp_path)
        assert listed(tmp_path) in (old, new), last
        seen.add(listed(tmp_path) == new)
        assert not list(tmp_path.glob(f"{staging.STAGE}*"))
        if not stopped:
            break
    assert seen == {False, True}
    assert last > 5


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> bool:
    """Whether the call was stopped before its rename of this number, as SIGKILL does it: nothing is tidied up."""
    with monkeypatch.context() as patch:
        steps = iter(range(step))
        for name in ("replace", "rename"):
            patch.setattr(staging.os, name, _counted(getattr(os, name), steps))
        patch.setattr(staging.shutil, "rmtree", lambda *_, **__: None)
        try:
            call()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("fails", range(9))
def test_a_rename_that_fails_is_undone_with_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    """A folder of the tree is read-only, say: the first of its files is not the first of all."""
    tree.write(str(tmp_path), made(POLICIES[:2]))
    before = listed(tmp_path)
    real, calls = os.replace, iter(range(fails + 1))  # the first is the journal's

    def refusing(source: str, place: str) -> None:
        if next(calls, None) is None and not source.endswith((".old", ".removed")):  # what puts back, may
            raise PermissionError(errno.EACCES, "Permission denied")
        real(source, place)

    monkeypatch.setattr(staging.os, "replace", refusing)
    monkeypatch.setattr(staging.os, "rename", refusing)
    changed = [*POLICIES[1:], tree.Policy("media", "x", DENY), tree.Policy("z", "x", DENY)]
    with pytest.raises(RefusedError) as caught:
        tree.write(str(tmp_path), made(changed), prune=True)
    assert "permission denied; the tree is as it was" in line_of(caught.value.finding)
    monkeypatch.undo()
    assert listed(tmp_path) == before
    assert [one for one in tmp_path.rglob("*") if one.is_dir() and not any(one.iterdir())] == []
    assert not list(tmp_path.glob(f"{staging.STAGE}*"))


@pytest.mark.parametrize(
    ("journal", "staged"),
    [
        ('{"paths": ["../out.yaml"], "removed": []}', b""),
        ('{"paths": ["a/mine.yaml"], "removed": []}', b"kind: Evil\n"),
        ('{"paths": ["a/mine.yaml"], "removed": []}', None),
        ('{"paths": [], "removed": ["a/mine.yaml"]}', None),
        ('{"paths": ["link/x.yaml"], "removed": []}', None),
        ('{"paths": [".git/config"], "removed": []}', None),
        ('{"paths": [7], "removed": []}', None),
        ('{"paths": {}}', None),
        ("[]", None),
        ("", None),
    ],
)
def test_a_journal_that_somebody_else_wrote_moves_nothing(
    tmp_path: Path, journal: str, staged: bytes | None
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    stage = root / f"{staging.STAGE}evil"
    for folder in (stage, root / "a", outside):
        folder.mkdir(parents=True)
    (root / "link").symlink_to(outside)
    (root / "a/mine.yaml").write_text("kind: Mine\n")
    (stage / "journal.json").write_text(journal)
    (stage / "0").write_bytes(tree.OWN if staged is None else staged)
    finish(root)
    assert listed(tmp_path) == {"root/a/mine.yaml": b"kind: Mine\n"}
    assert not stage.exists()


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    time.sleep(1.5)
    for writer in writers:
        writer.send_signal(signal.SIGTERM)
    told = [writer.communicate(timeout=60)[1] for writer in writers]
    assert told == [b"", b""]
    assert len(set(listed(tmp_path).values())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


# Holds the folder a while, and then writes a policy into it.
HOLDER = """
import sys
import time
from cilium_policies import staging, tree
with staging.alone(sys.argv[1]):
    print("held", flush=True)
    time.sleep(0.5)
    staging.apply(sys.argv[1], {"media/network-policies/app/late.yaml": tree.OWN + b"\\nkind: A\\n"}, [])
"""


def test_a_writer_looks_at_the_tree_when_the_one_before_it_is_done(tmp_path: Path) -> None:
    """Else it would keep what that one brought, and no kustomization would list it."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    changes = tree.write(str(tmp_path), made(), prune=True)
    assert holder.wait(60) == 0
    holder.stdout.close()
    assert changes.removed == ["media/network-policies/app/late.yaml"]
    assert [*listed(tmp_path)] == sorted(made())


def test_a_write_that_fails_leaves_no_folder_that_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(place: str, text: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(staging, "_store", full)
    with pytest.raises(RefusedError):
        tree.write(str(tmp_path / "x/y"), made())
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_in_the_way_stops_everything(tmp_path: Path) -> None:
    mine = tmp_path / "web/network-policies/app/default-deny.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("kind: Mine\n")
    with pytest.raises(RefusedError) as caught:
        tree.write(str(tmp_path), made())
    assert "web/network-policies/app/default-deny.yaml is in the way" in line_of(caught.value.finding)
    assert listed(tmp_path) == {"web/network-policies/app/default-deny.yaml": b"kind: Mine\n"}


@pytest.mark.parametrize(
    "link",
    ["media", "media/network-policies", "media/network-policies/app", "media/network-policies/ks.yaml"],
)
def test_nothing_is_written_or_removed_through_a_link(tmp_path: Path, link: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    tree.write(str(outside), made())
    before = listed(outside)
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside / link)
    with pytest.raises(RefusedError) as caught:
        tree.write(str(root), made())
    assert "is a link" in line_of(caught.value.finding)
    tree.write(str(root), made(POLICIES[2:3]))
    assert listed(outside) == before


def test_a_kustomization_that_does_not_list_the_new_folder_is_named(tmp_path: Path) -> None:
    for name, resources in (("media", "[./radarr/ks.yaml]"), ("web", "[./network-policies/ks.yaml]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kustomization.yaml").write_text(f"resources: {resources}\n")
    found = listing.unlisted(str(tmp_path), made())
    assert found == [(str(tmp_path / "media" / "kustomization.yaml"), "./network-policies/ks.yaml")]


def test_a_dry_run_tells_and_touches_nothing(tmp_path: Path) -> None:
    changes = tree.write(str(tmp_path / "x"), made(), dry_run=True)
    assert len(changes.added) == 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [0, 1, 5, 7])
def test_a_full_disk_leaves_the_tree_as_it_was(
    tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write(str(tmp_path), made(POLICIES[:2]))
    before = listed(tmp_path)
    calls = 0

    def full(place: str, text: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            Path(place).write_bytes(text[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        Path(place).write_bytes(text)

    monkeypatch.setattr(staging, "_store", full)
    changed = [policy._replace(text=policy.text + b"spec: {}\n") for policy in POLICIES]
    with pytest.raises(RefusedError) as caught:
        tree.write(str(tmp_path), made(changed))
    assert "no space left" in line_of(caught.value.finding)
    assert listed(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["media"]


def test_a_file_that_the_system_will_not_take(tmp_path: Path) -> None:
    """The real thing: the kernel itself refuses the write."""
    tree.write(str(tmp_path), made(POLICIES[:2]))
    before = listed(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        with pytest.raises(RefusedError) as caught:
            tree.write(str(tmp_path), made([*POLICIES, tree.Policy("z", "large", b"x" * 1000)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "file too large; the tree is as it was" in line_of(caught.value.finding)
    assert listed(tmp_path) == before


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError):
        tree.write(str(tmp_path / "file" / "root"), made())
    assert listed(tmp_path) == {"file": b""}
