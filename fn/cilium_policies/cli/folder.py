"""What a folder on the command line holds: its manifests, and whether something has to build them first.

*Unbuilt* is a kustomization that sets more than `resources:`, a Flux Kustomization or Argo CD Application whose path
leads into the folder, or what Rancher's Fleet applies. Read as they lie, such files have no namespace, no variables and
no patches.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from cilium_policies.builds.ignore import KRMIGNORE, Ignored
from cilium_policies.document.filenames import ENDINGS, FLEET, KUSTOMIZATIONS

OWN = b"# Written by cilium-policies write"  # the first line of each file in a tree of this program's
_CHART = "Chart.yaml"
_TEMPLATES = ("templates", "charts", "crds")  # below a chart: Helm's, and CRDs say nothing here
_HARMLESS = frozenset(("apiVersion", "kind", "metadata", "resources"))
_TOP_KEY = re.compile(rb"(?m)^[\"']?([A-Za-z$][\w-]*)[\"']?[ \t]*:")
_KIND = re.compile(rb"(?m)(?:^|[{,\s])[\"']?kind[\"']?[ \t]*:")
_PATH = re.compile(rb"(?m)^[ \t]+(?:- )?path:[ \t]*[\"']?([^\s\"'#]+)")
_BUILDERS = (b"kustomize.toolkit.fluxcd.io", b"argoproj.io")
_BUILDER_KIND = re.compile(rb"(?m)^kind:[ \t]*[\"']?(Kustomization|Application|ApplicationSet)\b")
_ABOVE = 8  # folders above that a path may begin in
_GIT_CRYPT = b"\0GITCRYPT\0"  # what git-crypt writes before what it encrypts


class Folder:
    """The manifests of a folder as (path as typed, bytes), and what was left out of them."""

    def __init__(self, name: str, exclude: tuple[str, ...] = ()) -> None:
        self.name = name
        self.files: list[tuple[str, bytes]] = []
        self.templates = self.ignored = 0
        self.others: list[str] = []  # files that hold no object
        self.encrypted: list[str] = []
        self._ignored = Ignored(exclude)
        self.building: list[str] = []  # kustomizations that set more than resources
        self.bundles: list[str] = []  # files that tell Rancher's Fleet what to do with those beside them
        self._read()

    def _read(self) -> None:
        for path in self._paths():
            with open(path, "rb") as file:
                data = file.read()
            if os.path.basename(path) in KUSTOMIZATIONS:
                if not data.startswith(OWN) and {key.decode() for key in _TOP_KEY.findall(data)} - _HARMLESS:
                    self.building.append(path)
            elif data.startswith(_GIT_CRYPT):
                self.encrypted.append(path)
            elif _KIND.search(data) or b"\0" in data or not _is_text(data):
                self.files.append((path, data))
            else:
                self.others.append(path)
                if os.path.basename(path) in FLEET:
                    self._add_bundle(path, data)

    def _add_bundle(self, path: str, data: bytes) -> None:
        from cilium_policies.builds.fleet_bundles import is_known  # few folders are Fleet's

        if any(is_known(key.decode()) for key in _TOP_KEY.findall(data)):
            self.bundles.append(path)

    def _paths(self) -> Iterator[str]:
        """Every file that may hold a manifest, sorted: nothing hidden, nothing of a chart, no linked folder."""
        for place, folders, files in os.walk(self.name):
            below = os.path.relpath(place, self.name).replace(os.sep, "/")
            below = "" if below == "." else below
            if KRMIGNORE in files:
                with open(os.path.join(place, KRMIGNORE), encoding="utf-8", errors="replace") as file:
                    self._ignored.add(file, below)
            chart = _CHART in files
            if chart:
                self.templates += sum(
                    len(inside) for one in _TEMPLATES for *_, inside in os.walk(os.path.join(place, one))
                )
            folders[:] = sorted(one for one in folders if self._wanted(place, below, one, chart=chart))
            for name in sorted(files):
                if chart and (name == _CHART or re.match(r"values.*\.ya?ml$|Chart\.lock$", name)):
                    continue
                if (name.endswith(ENDINGS) or name in KUSTOMIZATIONS) and not name.startswith("."):
                    if self._ignored.hides(f"{below}/{name}" if below else name, folder=False):
                        self.ignored += 1
                    else:
                        yield os.path.join(place, name)

    def _wanted(self, place: str, below: str, name: str, *, chart: bool) -> bool:
        if name.startswith(".") or (chart and name in _TEMPLATES):
            return False
        if self._ignored.hides(f"{below}/{name}" if below else name, folder=True):
            self.ignored += sum(len(files) for *_, files in os.walk(os.path.join(place, name)))
            return False
        return True

    def unbuilt(self) -> str:
        """Why the folder has to be built first, with a file; "" where it need not."""
        if self.building:
            count, first = len(self.building), self.building[0]
            more = f" and {count - 1} more" if count > 1 else ""
            return f"{first}{more} {'set' if count > 1 else 'sets'} what only a build applies"
        if self.bundles:
            return f"{self.bundles[0]} says what Fleet makes of the files beside it"
        for path, data in self.files:
            if (
                not data.startswith(OWN)
                and any(one in data for one in _BUILDERS)
                and _BUILDER_KIND.search(data)
            ):
                for target in _PATH.findall(data):
                    if self._leads_inside(target.decode(errors="replace")):
                        return f"{path} builds {target.decode()}, which lies in it"
        return ""

    def _leads_inside(self, path: str) -> bool:
        path = os.path.normpath(path.strip("/") or ".")
        if path == "." or path.startswith(".."):
            return False
        here = os.path.realpath(self.name)
        base = here
        for _ in range(_ABOVE):
            place = os.path.join(base, path)
            if os.path.isdir(place):
                return f"{place}/".startswith(f"{here}/") and self._holds_manifests(
                    os.path.relpath(place, here)
                )
            base = os.path.dirname(base)
        return False

    def _holds_manifests(self, below: str) -> bool:
        """Whether files that are not this program's lie there."""
        start = os.path.normpath(os.path.join(self.name, below)) + os.sep
        return any(
            os.path.normpath(path).startswith(start) and not data.startswith(OWN) for path, data in self.files
        )

    def own(self) -> list[tuple[str, bytes]]:
        """The files that this program wrote."""
        return [(path, data) for path, data in self.files if data.startswith(OWN)]

    def told(self) -> str:
        """One line of what was left out; "" where nothing was."""
        parts = []
        if self.templates:
            parts.append(f"{self.templates} of Helm charts (helm template renders them)")
        if self.others:
            parts.append(f"{len(self.others)} that hold no object, as {self.others[0]}")
        if self.encrypted:
            which = f"{len(self.encrypted)} that git-crypt encrypts, as {self.encrypted[0]}"
            parts.append(f"{which} (git-crypt unlock shows them)")
        if self.ignored:
            parts.append(f"{self.ignored} that {KRMIGNORE} or --exclude names")
        return f"{self.name}: left out {', '.join(parts)}" if parts else ""


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
