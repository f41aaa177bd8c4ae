"""Servers that are told nobody: programs made for everybody, whose configuration stands in the input whole.

Whom the code of a company's own application calls may stand in the code. A program that is published for everybody
cannot know anybody of this cluster but from its configuration: where that is read, names nobody and holds no key to
anybody's API, it most likely calls nobody here. It may still look for updates outside, so this is a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate.shown import hidden_keys, is_said_to_name, is_shown
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, at, mappings, sequence, text
from cilium_policies.kube.pods import TASKS, containers, pod_spec
from cilium_policies.kube.registries import cached, names_publishers, parted
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_OFFICIAL = "library"  # images of Docker's own, as repository_of writes them
_FEW = 2  # so many programs of one publisher, at least, name another of them by its address, and
_NEARLY_ALL = 8  # of ten say in this way whom they call
_INTERPRETERS = frozenset(
    ("sh", "bash", "ash", "python", "python3", "node", "ruby", "perl", "php", "deno", "bun")
)
# Images, by their last name, that hold an interpreter or a distribution and no program.
_BARE = frozenset(
    """
    alpine busybox debian ubuntu fedora rockylinux almalinux ubi8 ubi9 ubi-minimal ubi8-minimal ubi9-minimal wolfi-base
    bash sh python node ruby perl php golang openjdk eclipse-temurin deno bun uv curl git kubectl os-shell minideb
    """.split()  # noqa: SIM905
)
# Keys to somebody else's API, as opposed to passwords that a server asks its own clients for.
_KEY_TO_ANOTHER = (
    r"(?i)(?:api_?key|token|access_?key(?:_?id)?|client_?(?:id|secret)|licen[cs]e(?:_?key)?|app_?id|dsn|web_?hooks?"
    r"|webhook_?url)s?$"
)
# An address whose host something else fills in.
_UNFILLED = r"(?://|@)[\w.\-]{0,100}(?:\{\{|\$\{|\$\(|<%)|\bproxy_pass\b[^\n]{0,100}\$"

# A URL of a scheme that nobody knows, to a place in a network of one's own.
_AN_ADDRESS = r"[a-z]://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d"


class Publishers:
    """Who publishes the images of a cluster's pods: for everybody, or for this cluster alone. `edges` are its flows."""

    def __init__(
        self, workloads: Collection[Workload], catalogue: Catalogue, edges: Iterable[Edge] = ()
    ) -> None:
        self._known = frozenset(catalogue.head["publishers"])
        images = {_origin(image) for one in workloads for image in one.images}
        # Registries of the user's own that hold images of others, under the paths that these have elsewhere.
        self._mirrors = {host for host, path in map(parted, images) if _is_known(catalogue, path)}
        self._published = Counter(map(self._publisher, images))
        self._placed = self._by_place(workloads)
        self._of = {id(one): self._publisher(_origin(one.images[0])) for one in workloads if one.images}
        self._programs: dict[str, list[Workload]] = {}
        for one in workloads:
            if one.images:
                self._programs.setdefault(self._of[id(one)], []).append(one)
        self._in_touch: set[str] = set()  # publishers of which programs call one another across namespaces
        # Of each publisher the programs that say by an address whom they call, and those that so name one of its own.
        self._say: dict[str, set[int]] = {}
        self._naming: dict[str, set[int]] = {}
        for edge in edges:
            self._take(edge)

    def _take(self, edge: Edge) -> None:
        client, server = edge.client, edge.server
        if client is None:
            return
        mine = self._of.get(id(client), "")
        named = edge.origin == "address"
        if named:
            self._say.setdefault(mine, set()).add(id(client))
        if server is not None and server is not client and mine and self._of.get(id(server)) == mine:
            if named:
                self._naming.setdefault(mine, set()).add(id(client))
            if client.namespace != server.namespace:
                self._in_touch.add(mine)

    def _by_place(self, workloads: Iterable[Workload]) -> dict[tuple[str, str], set[str]]:
        """The images of each publisher in each namespace; of Jobs, which work on what others keep, apart."""
        found: dict[tuple[str, str], set[str]] = {}
        for one in workloads:
            for image in map(_origin, one.images if one.kind not in TASKS else ()):
                found.setdefault((one.namespace, self._publisher(image)), set()).add(image)
        return found

    def _publisher(self, repository: str) -> str:
        """`ghcr.io/acme` of `ghcr.io/acme/shop/cart`; of a registry of the user's own its host."""
        host, path = parted(repository)
        return f"{host}/{_group(path)}" if names_publishers(host) or host in self._mirrors else host

    def is_everybodys(self, one: Workload) -> bool:
        """Whether the program is published for everybody: in a public registry, Docker's own image, one of somebody
        whose programs are known, or the only one of its publisher here: of several, none of which names another, the
        only one in its namespace. Others are parts of one application, and what stands in a registry of the user's own
        is his own."""
        if not one.images:
            return False
        repository = _origin(one.images[0])
        host, path = parted(repository)
        if not (names_publishers(host) or host in self._mirrors):
            return False
        known = _group(path) == _OFFICIAL or _group(path) in self._known
        publisher = self._publisher(repository)
        if known or self._published[publisher] == 1:
            return True
        return publisher not in self._in_touch and len(self._placed.get((one.namespace, publisher), ())) == 1

    def are_told(self, one: Workload, *, beside: bool = False) -> bool:
        """Whether the other programs of its publisher, nearly all, say by an address in their configuration whom they
        call, one another among them: one that says nothing then calls nobody, and one that none names nobody calls,
        as far as anybody can tell. `beside`: those of its namespace say so without exception."""
        publisher = self._of.get(id(one), "")
        if len(self._naming.get(publisher, ())) < _FEW:
            return False
        say, programs = self._say[publisher] - {id(one)}, self._programs[publisher]
        if 10 * len(say) < _NEARLY_ALL * (len(programs) - 1):
            return False
        here = (each for each in programs if beside and each.namespace == one.namespace and each is not one)
        return all(id(each) in say for each in here)


def _origin(image: str) -> str:
    """The repository that an image comes from, also where a registry of the user's own caches it."""
    repository = repository_of(image)
    kept = cached(repository)
    return kept[1] if kept is not None else repository


def _group(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _is_known(catalogue: Catalogue, path: str) -> bool:
    """Whether a component's image has this very path."""
    last = path.rpartition("/")[2]
    return "/" in path and any(path == ending for ending, _ in catalogue.image_table.get(last, ()))


def is_told_nobody(one: Workload, cluster: Cluster, publishers: Publishers) -> bool:
    """Whether such a server's configuration, read whole, names nobody and holds no key to another's API."""
    if not one.rendered or one.kind in TASKS or not cluster.services_for(one):
        return False
    if (
        is_a_script(one)
        or not publishers.is_everybodys(one)
        or not is_shown(one, cluster.inventory, is_said_to_name)
    ):
        return False
    if any(re.search(_UNFILLED, found.value) or re.search(_AN_ADDRESS, found.value) for found in one.texts):
        return False
    return not any(re.search(_KEY_TO_ANOTHER, key) for key in _keys(one, cluster.inventory))


def is_a_script(one: Workload) -> bool:
    """Whether the image is there for its interpreter: what runs is somebody's own. Where a program's image has its
    interpreter called (`python -m maloja`), that runs the program."""
    first = next(iter(containers(pod_spec(one.source))), {})
    words = [text(word) for key in ("command", "args") for word in sequence(first.get(key))]
    if not words or words[0].rpartition("/")[2] not in _INTERPRETERS:
        return False
    name = _origin(one.images[0])
    return (
        _group(parted(name)[1]) == _OFFICIAL
        or name.rpartition("/")[2] in _BARE
        or _is_mounted(words[1:], first)
    )


def _is_mounted(words: list[str], container: Mapping) -> bool:
    """Whether what the interpreter runs stands in a volume: the user wrote it."""
    places = [text(mount.get("mountPath")).rstrip("/") for mount in mappings(container.get("volumeMounts"))]
    return any(place and f"{word}/".startswith(f"{place}/") for word in words for place in places)


def _keys(one: Workload, inventory: Inventory) -> Iterator[str]:
    """The names of its variables, those of Secrets among them."""
    for found in one.texts:
        if found.kind in ("env", "entry"):
            yield found.key
    for container in containers(pod_spec(one.source)):
        for entry in mappings(container.get("env")):
            yield text(entry.get("name"))
        for entry in mappings(container.get("envFrom")):
            name = text(at(entry, "secretRef", "name"))
            yield from hidden_keys(inventory, one.namespace, name) if name else ()
