"""One Kubernetes object as the function sees it: a parsed mapping, and where it stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cilium_policies.document.finding import Finding
from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.document.source import Item

Mapping = dict[str, Any]


# kustomize's `namespace:` stamps metadata.namespace on these too: the kind decides, not the field.
IDENTITY = ("apiVersion", "kind", "metadata", "status")  # fields that every object has
CLUSTER_SCOPED = frozenset(
    "Namespace Node PersistentVolume StorageClass PriorityClass IngressClass GatewayClass RuntimeClass"  # noqa: SIM905
    " CSIDriver ClusterRole ClusterRoleBinding CustomResourceDefinition APIService ClusterIssuer"
    " ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy"
    " ClusterSecretStore ClusterExternalSecret CiliumClusterwideNetworkPolicy CiliumCIDRGroup"
    " CiliumLoadBalancerIPPool CiliumL2AnnouncementPolicy CiliumClusterwideEnvoyConfig"
    " ClusterNetworkPolicy ClusterPolicy ClusterTunnel TalosUpgrade KubernetesUpgrade".split()
)


KNOWN = "ClusterInventory:/"  # what the file of an object begins with that an inventory tells of


class Where(NamedTuple):
    """The place of an object: file (or "stdin"), number of its document or item (from 0), first line (from 1)."""

    file: str = ""
    item: int = -1
    line: int = 0

    @property
    def elsewhere(self) -> bool:
        """Whether the object stands in another build, and is known from an inventory."""
        return self.file.startswith(KNOWN)


NOWHERE = Where()


class Object:
    """`body` is the parsed mapping (scalars are text), read when first asked for: most objects of a build are
    only counted by kind. Identity fields are known without it. `item` is the text that it was read from, where its
    fields have lines; None for an object that stands in no text. `template` is for `pods.pod_template`, which keeps
    here what a dozen modules ask for each workload."""

    __slots__ = (
        "_body",
        "_read",
        "api_version",
        "asked_by",
        "group",
        "item",
        "kind",
        "name",
        "namespace",
        "template",
        "where",
    )

    def __init__(self, body: Mapping, where: Where = NOWHERE, item: Item | None = None) -> None:
        metadata = mapping(body.get("metadata"))
        names = (text(metadata.get("namespace")), text(metadata.get("name")))
        self._identify(text(body.get("apiVersion")), text(body.get("kind")), *names, where)
        self.item = item
        self._body: Mapping | None = body
        self._read: Callable[[Item | None], Mapping] = _given

    @classmethod
    def unread(
        cls,
        api_version: str,
        kind: str,
        namespace: str,
        name: str,
        where: Where,
        read: Callable[[Item | None], Mapping],
        item: Item | None = None,
    ) -> Object:
        """An object whose body `read` gives later, out of `item`; it may raise document.finding.RefusedError."""
        one = cls.__new__(cls)
        one._identify(api_version, kind, namespace, name, where)
        one.item = item
        one._body = None
        one._read = read
        return one

    def _identify(self, api_version: str, kind: str, namespace: str, name: str, where: Where) -> None:
        self.api_version = api_version
        self.kind = kind
        self.group = api_version.partition("/")[0] if "/" in api_version else ""
        self.name = name
        self.namespace = "" if kind in CLUSTER_SCOPED else namespace
        self.where = where
        self.template: Mapping | None = None
        # Of an object of the whole cluster: the namespace whose release holds it in its values.
        self.asked_by = ""

    @property
    def body(self) -> Mapping:
        if self._body is None:
            self._body = self._read(self.item)
        return self._body

    def parsed(self, body: Mapping) -> None:
        """Takes the body that reading it would give."""
        if self._body is None:
            self._body = body

    @property
    def is_told(self) -> bool:
        """Whether the catalogue tells what stands in it: of a Secret that an operator writes the addresses alone."""
        return False

    def forget(self) -> None:
        """Drop a body that can be read again: bodies are most of the memory of a large build."""
        if self._read is not _given:
            self._body = self.template = None

    @property
    def metadata(self) -> Mapping:
        return mapping(self.body.get("metadata"))

    @property
    def labels(self) -> dict[str, str]:
        return strings(self.metadata.get("labels"))

    @property
    def annotations(self) -> dict[str, str]:
        return strings(self.metadata.get("annotations"))

    @property
    def spec(self) -> Mapping:
        body = self._body  # asked most of all
        found = (self.body if body is None else body).get("spec")
        return found if isinstance(found, dict) else {}

    def may_say(self, words: Iterable[bytes]) -> bool:
        """Whether one of these words may stand in the object's text: a look that spares many objects their parsing. An
        escape or an alias can stand for any word."""
        return self.holds_one((*words, b"\\", b"*"))

    def holds_one(self, words: Iterable[bytes]) -> bool:
        """Whether one of these words stands in the object's text as it is. A member of a List may hold any: it is
        parsed, and its text is that of the whole List, which to look through for each member took the square of their
        number."""
        if self.item is None or self._read is _given:
            return True
        for word in words:  # noqa: SIM110
            if self.item.mentions(word):
                return True
        return False

    def finding(self, severity: str, message: str, cure: str = "") -> Finding:
        """A finding about this object, with its place and identity."""
        return Finding(severity, message, cure, *self.where, 0, "",
                       self.api_version, self.kind, self.namespace, self.name)  # fmt: skip

    def __str__(self) -> str:
        """`Kind namespace/name`, the form in which reasons and findings name an object."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def _given(_: Item | None) -> Mapping:
    """The body of an object that was made with it."""
    return {}


def text(value: Any) -> str:
    """A scalar's text; "" for null and for anything that is no scalar."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping:
    """The mapping itself; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The list itself; an empty one for anything else."""
    return value if isinstance(value, list) else []


def mappings(value: Any) -> list[Mapping]:
    """The mappings of a list, which is that list itself where all of its members are; empty for anything else."""
    if not isinstance(value, list):
        return []
    for entry in value:
        if not isinstance(entry, dict):
            return [one for one in value if isinstance(one, dict)]
    return value


def strings(value: Any) -> dict[str, str]:
    """A mapping's scalar members as text; null counts as ""."""
    if not isinstance(value, dict):
        return {}
    return {key: member or "" for key, member in value.items() if member is None or isinstance(member, str)}


def integer(value: Any) -> int | None:
    """A decimal number, or None where the text is none (a name, a template, a variable)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return None


def port_number(value: Any) -> int | None:
    """The number of a port; None for what is none. 0 is how charts write a value that nobody set."""
    number = integer(value)
    return number if number and number < 65536 else None


def flag(value: Any, default: bool = False) -> bool:
    """A YAML 1.2 boolean; `default` where the text is none."""
    if value in ("true", "True", "TRUE"):
        return True
    if value in ("false", "False", "FALSE"):
        return False
    return default


def at(value: Any, *path: str) -> Any:
    """The member at a path of mapping keys, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def walk_strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar below `value` as (path, text); paths look like `spec.env[0].value`."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from walk_strings(member, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from walk_strings(member, f"{path}[{number}]")


def walk_mappings(value: Any, path: str = "") -> Iterator[tuple[str, Mapping]]:
    """Every mapping of `value`, itself among them, as (path, mapping), each before those within it; paths as above."""
    if isinstance(value, dict):
        yield path, value
        for key, member in value.items():
            yield from walk_mappings(member, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from walk_mappings(member, f"{path}[{number}]")


def with_texts(value: Any, change: Callable[[str], Any], *, keys: bool = False) -> Any:
    """A copy of structured values in which each text, with `keys` each key as well, is what `change` makes of it."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            change(key) if keys else key: with_texts(member, change, keys=keys)
            for key, member in value.items()
        }
    return [with_texts(member, change, keys=keys) for member in value] if isinstance(value, list) else value


def decoded(value: str) -> str:
    """What a Secret's `data` says; "" for what is no base64 or no text: binary content names no address."""
    import base64

    try:
        return base64.b64decode(value).decode()
    except ValueError:  # binascii.Error and UnicodeDecodeError are ones
        return ""


def key_values(one: Object) -> Iterator[tuple[str, str]]:
    """Keys and values of a ConfigMap or a Secret, decoded; nothing of one that is encrypted. What `stringData` says of
    a key comes last, as it wins."""
    if "sops" in one.body:
        return
    coded = one.kind == "Secret"
    for key, value in strings(one.body.get("data")).items():
        yield key, decoded(value) if coded else value
    yield from strings(one.body.get("stringData")).items()
