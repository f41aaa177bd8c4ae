"""A repository as it lies: where its sources begin, and the objects in it that say how it is built."""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, cached_property

from cilium_policies.builds import kustomization
from cilium_policies.builds.bounds import LEFT_OUT, Bounds
from cilium_policies.builds.git import git_root, remotes_of
from cilium_policies.builds.ignore import SOURCEIGNORE, Ignored
from cilium_policies.document.filenames import ENDINGS, KUSTOMIZATIONS
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Item, flatten
from cilium_policies.document.split import split
from cilium_policies.kube.objects import Object, at, text
from cilium_policies.lean import NamedTuple

FLUX = "kustomize.toolkit.fluxcd.io"
ARGO = "argoproj.io"
FLEET_GROUP = "fleet.cattle.io"
# What a file must hold before it is parsed: most files of a repository say nothing about how it is built.
_MARKS = (
    FLUX.encode(),
    b"source.toolkit.fluxcd.io",
    b"source.extensions.fluxcd.io",
    b"fluxcd.controlplane.io",
    ARGO.encode(),
    FLEET_GROUP.encode(),
)
_INSTANCE = (b"helm.toolkit.fluxcd.io", b"sync:")  # the chart flux-instance: where Flux starts
_VALUES = (b"instance:", b"sync:")  # its values in a file of their own
Told = Callable[..., None]  # what was done, for who waits on a terminal
KLUCTL = (".kluctl.yaml", ".kluctl.yml")  # files of a program that renders the repository
_HELMFILES = tuple(f"helmfile.{end}" for end in ("yaml", "yml", "yaml.gotmpl", "yml.gotmpl"))
_LARGE = 4 << 20
_AT_ONCE = kustomization.READ | getattr(os, "O_NONBLOCK", 0)  # a pipe is nothing to wait for
_ABOVE = 5  # folders above that paths may begin in


class Found(NamedTuple):
    """An object and the file that holds it, below the root with `/`."""

    one: Object
    path: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


class Repository:
    """`root` is where Flux's and Argo CD's paths begin; `asked` is the folder asked for below it ("" for all)."""

    def __init__(self, folder: str) -> None:
        self.asked_folder = os.path.realpath(folder)
        self.root = self.asked_folder
        self._top = git_root(self.asked_folder)
        self.may_begin = ""  # a folder above, where no path is here and no Git says so
        self._read()
        root = self._beginning(self._top)
        if root != self.root:
            self.root = root
            self._read()
        relative = os.path.relpath(self.asked_folder, self.root).replace(os.sep, "/")
        self.asked = "" if relative == "." else relative
        self.remotes = remotes_of(self.as_text(".git/config"))
        self.fields = cache(kustomization.read)  # by file: which folder leads where is asked more than once
        self.bounds.has_links, self.bounds.read = self.links, self.fields

    def _read(self) -> None:
        self.files: list[str] = []
        self.kustomizations: dict[str, str] = {}  # folder: file
        self.found: list[Found] = []
        self.instances: list[str] = []  # files that may be values of the chart flux-instance
        self.charts: set[str] = set()
        self.helmfiles: list[str] = []
        self.projects: list[str] = []
        self.left_out = Ignored()  # of what Flux fetches
        self.links = False
        self.bounds = Bounds(self._top or self.root, is_known=bool(self._top))
        self._outside: set[str] = set()
        for path, is_link in walk(self.root, self.asked_folder, _says_something):
            folder, _, name = path.rpartition("/")
            self.links = self.links or is_link
            if is_link and not self.bounds.hold(self.place(path)):
                self._outside.add(path)
            if is_link and not _says_something(name):
                continue
            if name == SOURCEIGNORE:
                self.left_out.add(self.as_text(path).split("\n"), folder)
            elif is_link and (path in self._outside or not os.path.isfile(self.place(path))):
                self.files.append(path)  # it leads nowhere, and says nothing, whatever its name
            elif name in KUSTOMIZATIONS:
                self.kustomizations[folder] = path
            elif name == "Chart.yaml":
                self.charts.add(folder)
            elif name in KLUCTL:
                self.projects.append(path)
            elif name in _HELMFILES:
                self.helmfiles.append(path)
            else:
                self.files.append(path)
        for path in self.files:
            if next(self.charts_of_template(path), None) is None:
                self.found += self._objects(path)
        self.found = [one for one in self.found if not self._is_left_out(one)]

    def _is_left_out(self, found: Found) -> bool:
        """Whether Flux never sees this Kustomization. One that leads to others may have been applied by hand."""
        if found.one.group != FLUX or not self.left_out.hides_below(found.path):
            return False
        path = clean(path_of(found))
        inside = [one for one in self.found if one.one.group == FLUX and within(one.path, path)]
        return not path or all(self.left_out.hides_below(one.path) for one in inside)

    def charts_of_template(self, path: str) -> Iterator[str]:
        """The folders of the charts below whose `templates` a file lies."""
        for folder in above(path):
            chart, _, last = folder.rpartition("/")
            if last == "templates" and chart in self.charts:
                yield chart

    def _objects(self, path: str) -> Iterator[Found]:
        data = self.data(path, _LARGE)
        if all(mark in data for mark in _VALUES):
            self.instances.append(path)
        if not (any(mark in data for mark in _MARKS) or all(mark in data for mark in _INSTANCE)):
            return
        with suppress(RefusedError):  # a template, or no text: whatever builds it says so
            for item in split(data, path).items:
                if _says_how(item):
                    yield from (Found(Object(one), path) for one in flatten(item))

    def _beginning(self, top: str) -> str:
        """Where the paths of Flux and Argo CD begin: where Git does (`top`), if they lead somewhere from there, else
        here or in a folder above, but none above Git's and not the system's root. Only paths can tell: a repository
        may lie in another, as a test's or an example."""
        wanted = [one for one in map(path_of, self.kinds("Kustomization", FLUX)) if one and "$" not in one]
        wanted += [text(at(one.one.spec, "source", "path")) for one in self.kinds("Application", ARGO)]
        wanted = [one.strip("/") for one in wanted if one.strip("./")]
        folders = [top] if top else []
        folder = self.asked_folder
        for _ in range(_ABOVE):
            folders.append(folder)
            if folder == top:
                break
            folder = os.path.dirname(folder)
        folders = [one for one in folders if one != os.sep]
        leading = (one for one in folders if any(self._leads(one, path, top) for path in wanted))
        if (found := next(leading, "")) or top:
            return found or top
        there = (one for one in folders if any(os.path.isdir(os.path.join(one, path)) for path in wanted))
        self.may_begin = next(there, "")
        return self.asked_folder

    def _leads(self, folder: str, path: str, top: str) -> bool:
        """Whether a path is there from a folder on. Nothing but Git tells where a repository ends: above the folder
        asked for only a path that leads back into it, or to it, does."""
        place = os.path.join(folder, path)
        back = f"{os.path.normpath(place)}/".startswith(f"{self.asked_folder}/")
        return os.path.isdir(place) and (bool(top) or folder == self.asked_folder or back)

    @cached_property
    def branch(self) -> str:
        """The branch that is checked out; "" where Git's own file does not tell."""
        return self.as_text(".git/HEAD").strip().partition("ref: refs/heads/")[2]

    def kinds(self, kind: str, group: str) -> list[Found]:
        """The objects of a kind, by file."""
        return [found for found in self.found if found.one.kind == kind and found.one.group == group]

    def place(self, path: str) -> str:
        """The folder or file on disk."""
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def data(self, path: str, most: int | None = None) -> bytes:
        """What a file holds; nothing of one that cannot be read, as a link to nowhere or to a pipe or a device, which
        may never end, lies elsewhere or is larger than `most`."""
        if path in self._outside:
            return b""
        try:
            file = os.open(self.place(path), _AT_ONCE)
        except OSError:
            return b""
        try:
            told = os.fstat(file)
            if not stat.S_ISREG(told.st_mode) or (most is not None and told.st_size > most):
                return b""
            return kustomization.content(file)
        except OSError:
            return b""
        finally:
            os.close(file)

    def as_text(self, path: str) -> str:
        """The same as text."""
        return self.data(path).decode(errors="replace")

    def folders_below(self, path: str) -> list[str]:
        """A folder and those below it that have a kustomization; asked for each of hundreds."""
        own = [path] if path and path in self.kustomizations else []
        return own + _below(self._folders, path)

    @cached_property
    def _folders(self) -> list[str]:
        return sorted(self.kustomizations)

    def files_below(self, path: str) -> list[str]:
        """The files below a folder that are no kustomizations; asked for each of hundreds."""
        return _below(self._ordered, path)

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self.files)

    def is_folder(self, path: str) -> bool:
        """Whether the path is a folder of the repository (and not one outside it)."""
        place = self.place(path)
        return not path.startswith("..") and os.path.isdir(place) and self.bounds.hold(place)


def _says_how(item: Item) -> bool:
    """Whether an item may say how the repository is built; of releases only that of a FluxInstance does."""
    if item.kind == "List" or (item.kind == "HelmRelease" and item.mentions(b"sync:")):
        return True
    return bool(item.kind) and any(mark in item.api_version.encode() for mark in _MARKS)


def clean(path: str) -> str:
    """A path as Flux writes it (`./apps/`) without its dots; `..` stays at the front of what leads out."""
    made = os.path.normpath(path.strip().lstrip("/") or ".").replace(os.sep, "/")
    return "" if made == "." else made


def path_of(found: Found) -> str:
    """`spec.path` of a Flux Kustomization, as written."""
    return text(found.one.spec.get("path"))


def within(path: str, folder: str) -> bool:
    """Whether a path is the folder or below it; "" is the root."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def above(path: str) -> Iterator[str]:
    """The folders that a file lies in, the nearest first; not the root."""
    while path := path.rpartition("/")[0]:
        yield path


def _below(ordered: list[str], folder: str) -> list[str]:
    """Of ordered paths those below a folder; "" is the root."""
    if not folder:
        return ordered
    first, last = (bisect_left(ordered, f"{folder}{end}") for end in "/0")  # 0 comes right behind the slash
    return ordered[first:last]


def walk(root: str, asked: str, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Files that are wanted by their names, and links of any name; in no folder that is hidden but the one asked for.
    Each below the root, and whether it is a link."""
    waiting = [""]  # folders, the next one last: a call for each would end where they lie a thousand deep
    while waiting:
        base = waiting.pop()
        folders: list[str] = []
        files: list[tuple[str, bool]] = []
        for one in _entries(os.path.join(root, base)):
            if one.is_symlink():
                files.append((f"{base}{one.name}", True))
            elif one.is_dir():
                if _is_walked(one.name, one.path, asked):
                    folders.append(one.name)
            elif is_wanted(one.name) and one.is_file():  # no pipe
                files.append((f"{base}{one.name}", False))
        yield from sorted(files)
        waiting += (f"{base}{folder}/" for folder in sorted(folders, reverse=True))


def _entries(place: str) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing in one that may not be read."""
    try:
        with os.scandir(place) as found:
            return list(found)
    except OSError:
        return []


def _says_something(name: str) -> bool:
    known = name.endswith((*ENDINGS, ".gotmpl")) or name in KUSTOMIZATIONS
    return name == SOURCEIGNORE or name in KLUCTL or (known and not name.startswith("."))


def _is_walked(name: str, place: str, asked: str) -> bool:
    hidden = name.startswith(".") and not f"{asked}/".startswith(f"{place}/")
    return not hidden and name not in LEFT_OUT
