"""The image, run as kustomize and kpt run it: any uid, no network, nothing to write to."""

from __future__ import annotations

import json
import sys

import pytest

from tests.tools import EXAMPLES, absent, container_engine, environment, require, run, succeeded

pytestmark = [pytest.mark.e2e, pytest.mark.container, pytest.mark.xdist_group("image")]

EMPTY = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"


def locked(*rest: str) -> list[str]:
    """`docker run` as kustomize and kpt call it, and stricter."""
    engine = container_engine()
    command = [engine.command, "run", "--rm", "-i", "--network", "none", "--read-only"]
    command += ["--read-only-tmpfs=false"] if engine.podman else []  # docker mounts none there anyway
    return [*command, "--cap-drop", "all", "--security-opt", "no-new-privileges", *rest]


def resource_list() -> str:
    items = (EXAMPLES / "argocd" / "app" / "wiki.yaml").read_text().split("---\n")
    indented = ["- " + item.rstrip().replace("\n", "\n  ") for item in items]
    return EMPTY.replace(" []", "\n" + "\n".join(indented))


@pytest.mark.parametrize("user", ["65534:65534", "0:0", "1234567:7654321"])
def test_any_user_without_network_or_a_place_to_write(image, user):
    printed = succeeded(run(locked("--user", user, image), stdin=resource_list()))

    assert "name: default-deny" in printed


@pytest.mark.parametrize("stdin", ["", EMPTY, "{not yaml", "\0"], ids=["nothing", "a list", "broken", "NUL"])
def test_help_prints_usage_on_stdout_whatever_stdin_holds(image, stdin):
    done = run(locked(image, "--help"), stdin=stdin)

    assert done.returncode == 0
    assert done.stdout.lower().startswith("usage: cilium-policies")
    assert "kustomize build" in done.stdout
    assert done.stderr == ""


def test_kpt_shows_the_help_as_documentation(image):
    require("kpt")

    assert "cilium-policies" in succeeded(run(["kpt", "fn", "doc", "--image", image]))


def test_image_and_program_give_the_same_answer(image):
    by_program = succeeded(run(["cilium-policies"], stdin=resource_list()))

    assert succeeded(run(locked(image), stdin=resource_list())) == by_program


def test_commands_beside_the_function_work_in_the_image(image):
    listed = run(locked(image, "list", "--help"))

    assert listed.returncode == 0, listed.stderr


def test_a_shell_in_the_image_finds_the_program_by_its_name(image):
    """As a job of GitLab's is started."""
    words = ("--entrypoint", "", image, "sh", "-c", "cilium-policies")

    assert succeeded(run(locked(*words), stdin=resource_list())) == succeeded(
        run(locked(image), stdin=resource_list())
    )


def test_a_broken_list_is_one_line_and_exit_1(image):
    done = run(locked(image), stdin="apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [\n")

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_every_import_finds_its_bytecode(image):
    """A module without bytecode would be compiled anew at each start: verbose imports show a source that was read. But
    for what the interpreter itself needs, all modules come from one file."""
    entry = succeeded(
        run([container_engine().command, "inspect", image, "--format", "{{json .Config.Entrypoint}}"])
    )
    python, *arguments = [word.strip('[]" \n') for word in entry.split(",")]
    done = run(locked("--entrypoint", python, image, "-v", *arguments), stdin=resource_list())

    assert done.returncode == 0, done.stderr
    compiled = [line for line in done.stderr.splitlines() if line.startswith("# code object from")]
    from_source = [line for line in compiled if "/app/bytecode/" not in line and "run.py" not in line]
    assert compiled
    assert from_source == []
    assert not [line for line in compiled if "cilium_policies" in line]


def test_the_image_holds_the_program_and_little_else(image):
    listing = succeeded(run(locked("--entrypoint", "find", image, "/app", "-type", "f"))).split()
    top = {path.split("/")[2] for path in listing}
    packages = {path.split("/")[3] for path in listing if path.startswith("/app/lib/")}
    kilobytes = int(succeeded(run(locked("--entrypoint", "du", image, "-sk", "/app"))).split()[0])

    assert top == {"bin", "bytecode", "lib", "modules", "run.py"}
    plain = {name for name in packages if not name.endswith(".dist-info")}
    assert plain == {"cilium_policies", "yaml", "_yaml", "click"}
    assert kilobytes < 24_000


def test_the_release_starts_an_image_and_compares_what_it_answers(image, tmp_path):
    """`.ci/started.sh`, which a release runs before it signs: it is content with this image, and not with another."""
    env = environment(ENGINE=container_engine().command, PROGRAM="cilium-policies")
    done = run(["sh", ".ci/started.sh", image], env=env)
    assert done.returncode == 0, done.stderr
    assert "started: " in done.stderr
    assert json.loads(done.stdout)["images"] == [{"platform": "here", "digest": ""}]

    (tmp_path / "other").write_text("#!/bin/sh\ncilium-policies --mode enforce\n")
    (tmp_path / "other").chmod(0o755)
    assert (
        run(["sh", ".ci/started.sh", image], env={**env, "PROGRAM": str(tmp_path / "other")}).returncode != 0
    )


def test_the_release_reads_the_layers_of_an_archive_and_of_an_inspection(image, tmp_path):
    engine = container_engine()
    if not engine.podman:
        absent("docker saves an archive of its own form")
    archive = tmp_path / "image.tar"
    succeeded(run([engine.command, "save", "--format", "oci-archive", "-o", archive, image]))
    found = json.loads(succeeded(run([engine.command, "inspect", image])))[0]
    inspected = found["RootFS"]["Layers"]
    told = {"os": "linux", "architecture": found["Architecture"], "rootfs": {"diff_ids": inspected}}
    of_archive = succeeded(run([sys.executable, ".ci/layers.py", archive]))

    assert [line.split()[2] for line in of_archive.splitlines()] == inspected
    assert succeeded(run([sys.executable, ".ci/layers.py", "-"], stdin=json.dumps(told))) == of_archive
