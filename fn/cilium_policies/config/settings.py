"""The config of a run: where it stands, what the command line overrides, and what it says of the cluster."""

from __future__ import annotations

from cilium_policies.catalogue.distributions import UNKNOWN, Distribution, Recognised, find, recognised
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import Config
from cilium_policies.document import parse
from cilium_policies.document.source import Item, Source
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, at, mapping, text
from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.config.model import ClusterConfig, NamesMode


class Settings(NamedTuple):
    """`spec.cluster` as the layers above need it; empty means: derive, else the usual."""

    domain: str = "cluster.local"
    distribution: str = ""
    cilium_version: str = ""
    api_ports: tuple[int, ...] = ()
    node_cidrs: tuple[str, ...] = ()
    fqdn: NamesMode = "false"
    probe_rules: bool = False
    identity_labels: tuple[str, ...] = ()  # the agent's own `labels` setting, where it is not the default
    platform: Distribution = UNKNOWN  # what the catalogue knows of the distribution
    said: bool = False  # the user has named the distribution
    told_by: str = ""  # the object by which it was recognised
    common_api_ports: tuple[int, ...] = ()  # without what only this input tells: the same in every build
    component_namespaces: Mapping = {}  # noqa: RUF012  name: the patterns of namespaces that it is recognised in
    private_cidrs: tuple[str, ...] = ()  # where names of the company's own network resolve to
    perhaps: Distribution = UNKNOWN  # what one namespace's objects alone tell of, as its owner's word
    dns_namespace: str = "kube-system"  # where the cluster's DNS is
    is_tree: bool = False  # an inventory tells what the other builds hold, if there are any


_PATHS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
Overrides = tuple[tuple[str, ...], ...]
USUAL_API_PORTS = (443, 6443)


def _read(body: Any, lines: Any = None, *, file: str = "", overrides: Overrides = ()) -> Config:
    """`config.read.read`, imported late: many builds say nothing."""
    if not overrides and (body is None or body == {}):
        return Config()
    from cilium_policies.config.read import read

    return read(body, lines, file=file, overrides=overrides)


def config_of(sources: list[Source], given: tuple[str, bytes] | None, overrides: Overrides) -> Config:
    """The config in a ResourceList, else the file of the command line, else all defaults.

    Raises RefusedError where it is none, or says what cannot be meant.
    """
    if given is not None:
        body, lines = parse.load_with_lines(given[1], file=given[0])
        return _read(body, lines, file=given[0], overrides=overrides)
    for source in sources:
        item = source.function_config
        if item is not None:
            body, lines = parse.load_with_lines(item.text(), line=item.line, file=source.file)
            file = _file(mapping(body))
            if file:
                lines = _InItsFile(item, mapping(body), lines)
            return _read(body, lines, file=file or source.file, overrides=overrides)
    return _read(None, overrides=overrides)


def _file(body: dict[str, Any]) -> str:
    """The user's own file, where kpt says which it is."""
    annotations = mapping(at(body, "metadata", "annotations"))
    return next((path for key in _PATHS if (path := text(annotations.get(key)))), "")


class _InItsFile(dict[Any, int]):
    """Lines counted from the config's first one, without those that the tool has put in; read when asked for."""

    def __init__(self, item: Item, body: dict[str, Any], lines: dict[Any, int]) -> None:
        super().__init__()
        self._lines = lines
        annotations = mapping(at(body, "metadata", "annotations"))
        head = "annotations:" if all(map(_is_tools, annotations)) else ""
        written = list(enumerate(item.text().decode("utf-8", "replace").split("\n"), item.line))
        self._first = next((number for number, line in written if line.strip()), item.line)
        self._added = [
            number for number, line in written if _is_tools(line.strip()) or line.strip() == head != ""
        ]

    def __contains__(self, path: object) -> bool:
        return path in self._lines

    def __getitem__(self, path: Any) -> int:
        line = max(self._lines[path], self._first)
        return line - self._first + 1 - sum(number < line for number in self._added)


def _is_tools(key: str) -> bool:
    return key.partition("/")[0].endswith(("config.kubernetes.io", "config.k8s.io"))


def settings(config: Config, inventory: Inventory, catalogue: Catalogue) -> Settings:
    """What the layers above need to know of the cluster: said, else derived from the input, else the usual."""
    said = config.cluster
    table = catalogue.distributions
    told = Recognised() if said.distribution else recognised(inventory, table)
    platform = find(said.distribution or told.name, table)
    usual = said.api_ports or USUAL_API_PORTS
    ports = said.api_ports or (platform.api_ports if said.distribution or told.sure else ()) or usual
    perhaps = platform if told.lone else UNKNOWN
    if perhaps.name:  # takes nothing away from the others
        ports = said.api_ports or tuple(sorted({*ports, *usual}))
        platform = platform._replace(dns_namespace="", dns_labels={}, dns_ports=())
    return Settings(
        said.domain,
        said.distribution or platform.name,
        said.cilium_version,
        ports,
        said.node_cidrs,
        said.fqdn,
        said.probe_rules,
        said.identity_labels,
        platform,
        bool(said.distribution),
        told.by,
        ports if said.distribution else usual,
        config.trust.components,
        said.private_cidrs,
        perhaps,
        dns_namespace(said, platform),
    )


def dns_namespace(said: ClusterConfig, platform: Distribution) -> str:
    """Where the cluster's DNS is: as the config says, or as the distribution has it."""
    return said.dns_namespace or platform.dns_namespace or Settings().dns_namespace
