"""Each command from its command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import click
import pytest
from cilium_policies.cli.group import group
from cilium_policies.cli.names import COMMANDS

from tools import reference

from .test_bare import RUN
from .within import within as command

SHOP = Path(__file__).parents[2] / "examples" / "shop"
WEB_TO_API = ("--from", "shop/web", "--to", "shop/api", "--port", "8081")
PUBLIC = """\
apiVersion: v1
kind: Service
metadata: {name: public, namespace: shop}
spec: {type: LoadBalancer, selector: {app.kubernetes.io/name: api}, ports: [{port: 443, targetPort: 8081}]}
"""
REPORTS = (
    ("list",),
    ("list", "--by", "namespace"),
    ("list", "--exposed"),
    ("list", "--uncovered"),
    ("explain", *WEB_TO_API),
    ("rollout",),
    ("lint",),
)


@pytest.mark.parametrize("words", REPORTS)
@pytest.mark.parametrize("form", ["text", "json", "md", "csv"])
def test_every_report_has_four_forms_on_stdout(words: tuple[str, ...], form: str) -> None:
    done = command(*words, "-o", form, str(SHOP))
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    if form == "json":
        assert isinstance(json.loads(text)["items"], list)
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
    elif words != ("lint",):
        assert text.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_and_exit_codes(name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert f"cilium-policies {name}" in text
    if name != "completion":
        assert "Exit code: 0 done" in text
        assert all(isinstance(option.help, str) for option in _options(name))


def _options(name: str) -> list[click.Option]:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return [option for option in found.params if isinstance(option, click.Option)]


def test_the_reference_page_is_what_the_definitions_say() -> None:
    text = reference.page()
    assert reference.PAGE.read_text("utf-8") == text
    for name in COMMANDS:
        assert f"\n## {name}\n" in text
        for option in _options(name):
            assert all(form in text for form in option.opts)


def test_list_names_who_may_talk_to_whom() -> None:
    lines = command("list", str(SHOP)).stdout.decode().splitlines()
    assert "shop/web => shop/api : 8081/TCP" in lines
    assert not any(line.startswith("shop/db => shop/web") for line in lines)
    focused = command("list", "--focus", "shop/db", str(SHOP)).stdout.decode().splitlines()
    assert focused == [line for line in lines if "shop/db" in line]


def test_list_now_shows_that_audit_cuts_nothing() -> None:
    now = command("list", "--now", "--focus", "shop/db", str(SHOP)).stdout.decode()
    assert now != command("list", "--focus", "shop/db", str(SHOP)).stdout.decode()
    enforced = command("list", "--now", "--mode", "enforce", "--focus", "shop/db", str(SHOP)).stdout.decode()
    assert enforced == command("list", "--focus", "shop/db", str(SHOP)).stdout.decode()


def test_policies_written_in_the_input_count_as_they_stand(tmp_path: Path) -> None:
    bare = command("list", "--policies", "written", str(SHOP)).stdout.decode()
    assert bare != command("list", str(SHOP)).stdout.decode()
    made = command("--only-policies", str(SHOP))
    (tmp_path / "policies.yaml").write_bytes(made.stdout)
    again = command("list", str(SHOP), str(tmp_path / "policies.yaml")).stdout
    assert again == command("list", str(SHOP)).stdout


def test_explain_names_the_rule() -> None:
    allowed = command("explain", *WEB_TO_API, str(SHOP)).stdout.decode()
    assert ": allowed" in allowed.splitlines()[0]
    assert "CiliumNetworkPolicy/shop/api" in allowed
    denied = command(
        "explain", "--from", "shop/db", "--to", "shop/web", "--port", "8080", str(SHOP)
    ).stdout.decode()
    assert "denied once enforced" in denied.splitlines()[0]
    answer = json.loads(command("explain", *WEB_TO_API, "-o", "json", str(SHOP)).stdout)["items"]
    assert [side["direction"] for side in answer[0]["sides"]] == ["egress", "ingress"]


def test_explain_of_what_is_not_there_is_refused_with_what_is() -> None:
    done = command("explain", "--from", "shop/wob", "--to", "world", "--port", "443", str(SHOP))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"shop/web" in done.stderr


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """The shop with a Service that lets the world in to the API."""
    after = tmp_path / "after.yaml"
    text = "".join(
        f"{path.read_text()}\n---\n"
        for path in sorted(SHOP.glob("*.yaml"))
        if path.name != "kustomization.yaml"
    )
    after.write_text(f"{text}{PUBLIC}")
    return after


def test_diff_shows_what_opens_and_fails_when_asked(opened: Path) -> None:
    same = command("diff", str(SHOP), str(SHOP))
    assert (same.returncode, same.stdout) == (0, b"no connection changes\n")
    told = command("diff", "-o", "json", str(SHOP), str(opened))
    assert told.returncode == 0
    assert {row["change"] for row in json.loads(told.stdout)["items"]} == {"newly allowed"}
    failing = command("diff", "--fail-on", "new-allow-from-world", "-o", "md", str(SHOP), str(opened))
    assert failing.returncode == 1
    assert failing.stdout.startswith(b"### Network connections that change\n")
    assert b"--fail-on new-allow-from-world: " in failing.stderr
    assert command("diff", "--fail-on", "new-deny", str(SHOP), str(opened)).returncode == 0
    assert command("diff", "--fail-on", "new-deny", str(opened), str(SHOP)).returncode == 1


def test_lint_finds_faults_by_file_and_line(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: mine, namespace: shop}\n"
        "spec:\n  endpointSelector: {matchLabels: {app: nobody}}\n  ingress: [{}]\n"
    )
    done = command("lint", str(SHOP), str(policy))
    assert done.returncode == 1
    assert done.stdout.decode().startswith(
        f"{policy}:5: CiliumNetworkPolicy/shop/mine: spec.endpointSelector"
    )
    assert done.stdout.decode().endswith("[selects-no-pod]\n")
    rows = json.loads(command("lint", "-o", "json", str(SHOP), str(policy)).stdout)["items"]
    assert [row["check"] for row in rows] == ["selects-no-pod"]
    assert command("lint", "--planned", str(SHOP)).returncode == 0
    checks = json.loads(command("lint", "--checks", "-o", "json").stdout)["items"]
    assert "selects-no-pod" in {row["check"] for row in checks}


def test_components_lists_finds_and_shows() -> None:
    names = [row["component"] for row in json.loads(command("components", "-o", "json").stdout)["items"]]
    assert names == sorted(names)
    assert "coredns" in names
    found = [
        row["component"]
        for row in json.loads(command("components", "--find", "coredns", "-o", "json").stdout)["items"]
    ]
    assert "coredns" in found
    assert len(found) < len(names)
    assert command("components", "show", "coredns").stdout == command("components", "coredns").stdout
    missing = command("components", "corednss")
    assert missing.returncode == 1
    assert b"did you mean coredns?" in missing.stderr


def test_write_makes_a_tree_and_a_second_write_changes_nothing(tmp_path: Path) -> None:
    dry = command("write", "--output", "apps", "--dry-run", str(SHOP), cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
    first = command("write", "--output", "apps", str(SHOP), cwd=tmp_path)
    assert first.returncode == 0
    assert first.stdout == dry.stdout
    assert b"+ shop/network-policies/app/web.yaml\n" in first.stdout
    second = command("write", "--output", "apps", str(SHOP), "apps", cwd=tmp_path)
    assert second.stdout == b""
    assert b"0 added, 0 changed, 0 removed" in second.stderr


def test_write_says_what_flux_would_not_see(tmp_path: Path) -> None:
    (tmp_path / "apps" / "shop").mkdir(parents=True)
    (tmp_path / "apps" / "shop" / "kustomization.yaml").write_text("resources: []\n")
    told = command("write", "--output", "apps", str(SHOP), cwd=tmp_path).stderr.decode()
    assert "apps/shop/kustomization.yaml does not list ./network-policies/ks.yaml" in told
    assert "pathPrefix" not in told
    told = command("write", "--output", str(tmp_path / "apps"), str(SHOP)).stderr.decode()
    assert "is not a path within a source: set spec.write.pathPrefix" in told
    told = command(
        "write", "--output", str(tmp_path / "apps"), "--set", "write.pathPrefix=apps", str(SHOP)
    ).stderr.decode()
    assert "not a path within a source" not in told


def test_write_without_manifests_does_not_empty_a_tree(tmp_path: Path) -> None:
    command("write", "--output", "apps", str(SHOP), cwd=tmp_path)
    done = command("write", "--output", "apps", stdin=b"", cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "apps/shop/network-policies/app/web.yaml").exists()


def test_switching_off_takes_the_tree_away(tmp_path: Path) -> None:
    command("write", "--output", "apps", str(SHOP), cwd=tmp_path)
    done = command(
        "write", "--output", "apps", "--set", "namespaces.overrides.shop.mode=off", str(SHOP), cwd=tmp_path
    )
    assert done.returncode == 0
    assert not (tmp_path / "apps/shop").exists()
    assert (tmp_path / "apps/reloader").exists()
    command("write", "--output", "apps", "--set", "enabled=false", str(SHOP), cwd=tmp_path)
    assert list((tmp_path / "apps").iterdir()) == []


def test_check_finds_what_is_missing_and_passes_what_is_there(tmp_path: Path) -> None:
    missing = command("check", str(SHOP))
    assert missing.returncode == 1
    assert b"shop has no default-deny" in missing.stderr
    command("write", "--output", str(tmp_path / "apps"), str(SHOP))
    assert command("check", str(SHOP), str(tmp_path / "apps")).returncode == 0
    stricter = command("check", "--mode", "enforce", str(SHOP), str(tmp_path / "apps"))
    assert stricter.returncode == 1


def test_an_inventory_tells_a_single_build_of_its_neighbours(tmp_path: Path) -> None:
    made = command("inventory", "--name", "home", str(SHOP))
    assert made.returncode == 0
    assert b"kind: ClusterInventory" in made.stdout
    (tmp_path / "inventory.yaml").write_bytes(made.stdout)
    web = (SHOP / "web.yaml").read_bytes()
    known = command(
        "--only-policies", "--inventory", str(tmp_path / "inventory.yaml"), stdin=web
    ).stdout.decode()
    assert "app.kubernetes.io/name: api" in known


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = command("completion", shell)
    assert done.returncode == 0
    assert b"_CILIUM_POLICIES_COMPLETE" in done.stdout


def test_completion_knows_commands_and_options() -> None:
    import os

    def completed(words: str) -> str:
        env = {
            **os.environ,
            "_CILIUM_POLICIES_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        done = subprocess.run([*RUN], env=env, capture_output=True, check=False)
        return done.stdout.decode()

    assert {line.partition(",")[2] for line in completed("cilium-policies ").splitlines()} == set(COMMANDS)
    assert "--focus" in completed("cilium-policies list --")
    assert {"--config", "--only-policies", "--mode"} <= set(
        completed("cilium-policies --").replace("plain,", "").split()
    )


def test_help_of_a_command_has_a_short_form() -> None:
    assert command("list", "-h").stdout == command("list", "--help").stdout != b""
