"""The GitOps file tree: NAMESPACE/network-policies/{ks.yaml, app/{kustomization.yaml, NAME.yaml …}}.

Only files whose first line says that they are this program's are ever replaced or removed. Everything is
written beside the tree first and then renamed into it, so that a full disk leaves the tree as it was; a run that
SIGKILL ends among its renames is finished by the next one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from cilium_policies.cilium.scalar import scalar
from cilium_policies.config.model import Write
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.journal import OWN
from cilium_policies.lean import NamedTuple
from cilium_policies.listing import FOLDER, INDEX, MARK, index, is_listing, kustomization
from cilium_policies.staging import HalfDoneError, UnfinishedError, alone, apply

CLUSTER = "cluster-policies"  # the folder of cluster-wide policies
_NAME = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?\Z")
_HOME = "flux-system"
_LABEL_LIMIT = 63  # Flux writes a Kustomization's name into a label


class Policy(NamedTuple):
    """`namespace` "" for a cluster-wide one; `text` is one YAML document without `---`."""

    namespace: str
    name: str
    text: bytes


class Changes(NamedTuple):
    """Paths below the root, sorted. `kept` are policies of the program's that this input does not give and the config
    does not switch off: another build's, or gone for good. `written` are all files that the tree now holds."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: int
    kept: list[str]
    written: list[str]


def files(policies: list[Policy], output: str, settings: Write) -> dict[str, bytes]:
    """Every file of the tree by its path below the root. `output` is the root as typed.

    Raises RefusedError for a namespace or name that cannot be a file's.
    """
    folders: dict[str, dict[str, bytes]] = {}
    for policy in policies:
        app = folders.setdefault(_checked(policy.namespace or CLUSTER, policy), {})
        name = _file_name(_checked(policy.name, policy))
        if name in app:
            what = f"two policies want {policy.namespace or CLUSTER}/network-policies/app/{name}"
            raise refused(what, f"{CLUSTER} is the folder of cluster-wide policies: rename the namespace")
        app[name] = MARK.encode() + b"---\n" + policy.text
    made: dict[str, bytes] = {}
    for folder, app in sorted(folders.items()):
        base = f"{folder}/network-policies"
        made[f"{base}/ks.yaml"] = _flux_kustomization(folder, output, settings)
        made[f"{base}/app/kustomization.yaml"] = kustomization(sorted(app))
        made.update((f"{base}/app/{name}", text) for name, text in sorted(app.items()))
    return made


def write(
    root: str,
    made: dict[str, bytes],
    *,
    off: Callable[[str, bytes], bool] = lambda folder, text: False,
    prune: bool = False,
    dry_run: bool = False,
    indexed: bool = False,
) -> Changes:
    """Puts these files into the tree below `root`, and takes those of the program's away that belong no more.

    A policy file that `made` does not hold is removed where `off(its folder, its text)` says that the config
    switches it off, and with `prune`; else it is kept and stays listed in its folder's kustomization. `indexed` adds
    an index, which a later write keeps. Raises
    RefusedError where a file of somebody else is in the way, where a link leads elsewhere, or where writing fails;
    the tree is then as it was. What a killed run left half done is finished first, but for `dry_run`.
    """
    if dry_run:
        return _changes(root, made, off, prune, indexed)[0]
    try:
        with alone(root):
            changes, made = _changes(root, made, off, prune, indexed)
            paths = sorted((*changes.added, *changes.changed), key=_rank)
            apply(root, {path: made[path] for path in paths}, changes.removed)
    except OSError as error:
        cure = "the tree is as it was"
        if isinstance(error, HalfDoneError):
            cure = "some files are new, some old: write again"
        elif isinstance(error, UnfinishedError):
            cure = "a run was killed here: write again to finish it"
        raise _unwritten(root, error, cure) from None
    return changes


def _changes(
    root: str, made: dict[str, bytes], off: Callable[[str, bytes], bool], prune: bool, indexed: bool
) -> tuple[Changes, dict[str, bytes]]:
    """What a write does to the tree as it is, and all files that it makes."""
    _refuse_links(root, made)
    old = _own_files(root)
    stale = [path for path in sorted(old) if path not in made and not is_listing(path)]
    kept = [path for path in stale if not (prune or off(_folder(path), old[path]))]
    made = _beside_kept(made, kept)
    held = {_folder(path) for path in kept}
    if indexed or any(path.endswith("/network-policies/kustomization.yaml") for path in old) or INDEX in old:
        made |= index(root, {_folder(path) for path in made} | held)
    _refuse_links(root, made)
    _refuse_foreign(root, made, old)
    changes = Changes(
        added=[path for path in made if path not in old],
        changed=[path for path, text in made.items() if path in old and old[path] != text],
        removed=[path for path in sorted(old) if path not in made and path not in kept
                 and not (is_listing(path) and _folder(path) in held)],
        unchanged=sum(1 for path, text in made.items() if old.get(path) == text),
        kept=kept,
        written=sorted({*made, *kept}),
    )  # fmt: skip
    return changes, made


def _unwritten(root: str, error: OSError, cure: str) -> RefusedError:
    return refused(f"cannot write below {root}: {(error.strerror or str(error)).lower()}", cure)


def _rank(path: str) -> tuple[int, str]:
    """What is listed comes before what lists it, and is removed after: after a SIGKILL each folder still builds."""
    inner = ("/app/kustomization.yaml", "/ks.yaml", f"/{FOLDER}/kustomization.yaml")
    if path == INDEX:
        return (len(inner) + 1, path)
    return (
        next((rank for rank, end in enumerate(inner, 1) if is_listing(path) and path.endswith(end)), 0),
        path,
    )


def _folder(path: str) -> str:
    return path.partition("/")[0]


def _beside_kept(made: dict[str, bytes], kept: list[str]) -> dict[str, bytes]:
    """The files with kustomizations that list what is kept as well: unlisted, Flux would prune it."""
    whole = dict(made)
    for folder in sorted({_folder(path) for path in kept}):
        app = f"{folder}/network-policies/app/"
        names = {
            path.removeprefix(app) for path in (*made, *kept) if path.startswith(app) and not is_listing(path)
        }
        whole[f"{app}kustomization.yaml"] = kustomization(sorted(names))
    return whole


def _checked(name: str, policy: Policy) -> str:
    if not _NAME.match(name):
        whole = f"{policy.namespace}/{policy.name}" if policy.namespace else policy.name
        cure = "a Flux variable has to be resolved first: build with flux build, or give the whole tree"
        raise refused(
            f"policy {whole}: {name!r} cannot be a folder or file", cure if "$" in name else "rename it"
        )
    return name


def _file_name(name: str) -> str:
    return "kustomization.policy.yaml" if name == "kustomization" else f"{name}.yaml"


def _flux_kustomization(folder: str, output: str, settings: Write) -> bytes:
    prefix = output if settings.path_prefix is None else settings.path_prefix
    parts = [part for part in prefix.replace(os.sep, "/").split("/") if part not in ("", ".")]
    path = "/".join((".", *parts, folder, "network-policies", "app"))
    # Named in any case: a kustomization above that sets `namespace:` moves this object away from its source.
    source = settings.source_namespace or _HOME
    return (
        f"{MARK}---\n"
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\n"
        "kind: Kustomization\n"
        "metadata:\n"
        f"  name: {_limited(folder)}\n"
        f"  namespace: {_HOME}\n"
        "spec:\n"
        f"  interval: {settings.interval}\n"
        f"  path: {scalar(path)}\n"
        "  prune: true\n"
        "  sourceRef:\n"
        f"    kind: {settings.source_kind}\n"
        f"    name: {scalar(settings.source_name)}\n"
        f"    namespace: {scalar(source)}\n"
    ).encode()


def _limited(folder: str) -> str:
    name = f"{folder}-network-policies"
    if len(name) <= _LABEL_LIMIT:
        return name
    import hashlib

    digest = hashlib.sha256(folder.encode()).hexdigest()[:8]
    return f"{folder[:37].rstrip('-.')}-{digest}-network-policies"


def _refuse_links(root: str, made: dict[str, bytes]) -> None:
    """A link inside the tree could lead out of it."""
    for path in made:
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            step = os.path.join(root, *parts[:length])
            if os.path.islink(step):
                raise refused(
                    f"{step} is a link", "nothing is written through links: make it a folder or file"
                )
            if length < len(parts) and os.path.exists(step) and not os.path.isdir(step):
                raise refused(f"{step} is not a folder", "move it away")


def _refuse_foreign(root: str, made: dict[str, bytes], old: dict[str, bytes]) -> None:
    for path in made:
        place = os.path.join(root, *path.split("/"))
        if path not in old and os.path.lexists(place):
            raise refused(
                f"{place} is in the way, and this program did not write it",
                "move it, or rename the policy in it",
            )


def _own_files(root: str) -> dict[str, bytes]:
    """The program's files below the root, where it writes any: path and content."""
    found: dict[str, bytes] = {}
    for folder in _folders(root):
        base = os.path.join(root, folder, "network-policies")
        app = os.path.join(base, "app")
        if os.path.islink(base) or os.path.islink(app):
            continue
        names = sorted(os.listdir(app)) if os.path.isdir(app) else []
        for name in (
            "ks.yaml",
            "kustomization.yaml",
            *(f"app/{name}" for name in names if name.endswith(".yaml")),
        ):
            text = _own_text(os.path.join(base, *name.split("/")))
            if text is not None:
                found[f"{folder}/network-policies/{name}"] = text
    text = _own_text(os.path.join(root, *INDEX.split("/")))
    return found if text is None else {**found, INDEX: text}


def _folders(root: str) -> list[str]:
    if not os.path.isdir(root):
        return []
    names = sorted(name for name in os.listdir(root) if not name.startswith("."))
    return [name for name in names if not os.path.islink(os.path.join(root, name))]


def _own_text(place: str) -> bytes | None:
    """A file's content when its first line says that it is this program's."""
    if os.path.islink(place) or not os.path.isfile(place):
        return None
    with open(place, "rb") as file:
        text = file.read()
    return text if text.startswith(OWN) else None
