"""The commands and the function's options, each declared once, in the order in which people see them: the command line
reads them here, `--help` and the questions' options are made of them."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple

COMMANDS = {
    "build": "a Flux, Argo CD, Fleet or kustomize repository as one stream",
    "write": "writes the policies as a GitOps file tree",
    "check": "fails when a build lacks what the function would add",
    "inventory": "condenses a whole tree into one object for single builds",
    "rollout": "the phases of enforcement; --advance goes on to the next",
    "list": "who may talk to whom",
    "explain": "whether one connection passes, and which rule decides",
    "diff": "connections that a change newly allows or denies",
    "lint": "policies that are refused, match nothing, or open too much",
    "test": "checks expectations in a file against a build",
    "audit": "compares Hubble's flows with the plan: what would be cut",
    "report": "one HTML page, SVG or Markdown with the whole picture",
    "break-glass": "one policy that opens a namespace in an emergency",
    "components": "the catalogue of known components",
    "completion": "the completion script for bash, zsh or fish",
}
COMPLETE = "_CILIUM_POLICIES_COMPLETE"  # click's own name for "the shell asks for completions"


class Option(NamedTuple):
    """`field` is the argument that it fills. `metavar` stands for its value, "" for a flag; one that `sets` something
    of the config becomes an override. `of`: whose it is, where not everybody's: the function's, the questions'."""

    field: str
    names: tuple[str, ...]
    metavar: str
    help: str
    sets: bool = False
    repeated: bool = False
    of: str = ""


OPTIONS = (
    Option(
        "config",
        ("--config",),
        "FILE",
        "the config (docs/config.md); in a ResourceList it is the functionConfig",
    ),
    Option(
        "mode", ("--mode",), "MODE", "the mode, audit or enforce; sets spec.mode and nothing else", sets=True
    ),
    Option(
        "sets",
        ("--set",),
        "PATH=VALUE",
        "sets one field of the config by its path below spec; lists with commas. Repeat it as you need",
        sets=True,
        repeated=True,
    ),
    Option("namespace", ("-n", "--namespace"), "NAME", "namespace for objects that have none", sets=True),
    Option(
        "inventory",
        ("--inventory",),
        "FILE",
        "what other builds of the same cluster contain (cilium-policies inventory)",
    ),
    Option(
        "exclude",
        ("--exclude",),
        "GLOB",
        "files or folders below a DIR to leave out, as in .gitignore. Repeat it as you need",
        repeated=True,
    ),
    Option(
        "only_policies",
        ("--only-policies",),
        "",
        "writes the policies alone; needed for several files or a folder",
        of="function",
    ),
    Option("allow_empty", ("--allow-empty",), "", "do not fail if the input is empty", of="questions"),
    Option("verbose", ("-v", "--verbose"), "", "one line on stderr for each warning"),
    Option("version", ("--version",), "", "prints the version", of="function"),
    Option("help", ("-h", "--help"), "", "prints this", of="function"),
)
