"""Fields of Helm values and custom resources that are read as words: what they name, and how they switch something.

    Fields(asked, notes).passes(key, above, value)  -> bool  whether a word may stay for its field's sake
    Fields(asked, notes).is_note(key, value)  -> bool        the same of the value of an annotation
    Fields(asked, notes).with_sought(value, made) -> str  what was made of a word, with what the catalogue looks for

Everywhere else a word of theirs is replaced, so that an inventory holds no word for the reason that it looks harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from cilium_policies.workloads.credentials import is_credential
from cilium_policies.workloads.inventory.words import IMAGE, is_plain, without_templates

# What a field refers to: an object, a kind, a port, an image, a host
_NAMES = frozenset(
    """
    kind apiversion apigroup apigroups group groups kinds version versions resources verbs
    name names namespace namespaces matchnames identifier controller controllers chart repo fullnameoverride
    nameoverride namespaceoverride valueskey targetpath prefix suffix plugin package issuer cluster component components
    part parts of from to
    existingsecret existingconfigmap backend gateway gateways listener service services database source
    port ports targetport portname containerport nodeport number portrange
    image repository registry
    host hosts hostname hostnames domain domains dnsnames commonname externalname clusterip static targets
    """.split()  # noqa: SIM905 -- as in vocabulary.py
)
# What a field switches
_SWITCHES = frozenset(
    """
    type types protocol protocols appprotocol transport scheme mode class role roles engine provider driver scope
    operator action module prober policytypes strategy region site realm addresstype tracing accesslogging
    toentities fromentities matchpattern servernames externaltrafficpolicy internaltrafficpolicy loadbalancerclass
    entrypoints dnspolicy restartpolicy pathtype
    """.split()  # noqa: SIM905 -- as in vocabulary.py
)
WORDS = _NAMES | _SWITCHES
# `clientSecretName`, `storageClassName`, `issuerRef`
_REFERS = re.compile(
    r"(?:[a-z0-9_.\-]Name|Names|Namespace|Namespaces|Ref|Refs|Class|Kind|Image|Repository|Type|Mode|Port|Account|ConfigMap)\Z"
    r"|_(?:name|namespace|type|image|port|class|configmap)\Z"
)
_OF_USERS = re.compile(r"(?i)user|login")
_SELECTS = re.compile(r"(?i)(?:labels|selector)\Z")  # below which keys and values are labels
# A chart in a Git repository, what a patch changes, and what a selector compares a label with
_BELOW = {"path": ("source", "sources", "patch"), "op": ("patch",), "values": ("matchExpressions",)}
_RELABELS = re.compile(r"(?i)relabel")
_FILLS = ("elements",)  # what an ApplicationSet fills into names
_RULE = frozenset(
    "regex sourceLabels source_labels targetLabel target_label replacement separator action".split()  # noqa: SIM905
)
_IS_IMAGE = re.compile(r"(?i)image(?:name)?\Z|(?:^|_)(?:reference|package|repository)\Z")
_WORD = re.compile(r"[\w.\-/:*,+]{1,253}")
_LABEL = re.compile(r"[\w.\-/*${}]{0,253}")
_PART = re.compile(r"[A-Za-z0-9]+")
# What reads as a word in an expression and is none, and a sign that it looks for
_SYNTAX = re.compile(r"\\[a-zA-Z]|\[[^\]]{0,99}\]")
_SIGN = re.compile(r"\\[^A-Za-z]")
_VARIABLE = re.compile(r"\$\{\w{1,60}\}")  # of Flux, without a value of its own: `auth.${DOMAIN}`
_CALL = re.compile(r"(Host|HostSNI|[A-Z][A-Za-z]{2,20})\((?:[`\"][^`\"()\s]{0,253}[`\"](?:, ?)?){1,20}\)")
_HOSTS = ("Host", "HostSNI")
_SCRAPED = ("scrape", "port", "probe", "scheme")  # behind any company's name
_ADDRESSED = re.compile(r"(?i)(?:url|uri|address|addr|endpoint|target|server)(?:s|es)?\Z")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.){1,8}[A-Za-z]{2,24}(?::\d{1,5})?")


def is_selector(key: str) -> bool:
    """Whether what stands below a key are labels."""
    return _SELECTS.search(key) is not None


def is_label(value: str) -> bool:
    return _LABEL.fullmatch(without_templates(value)) is not None


def is_number(value: str) -> bool:
    """A number, or a port as programs are told where to listen: `:8080`."""
    return re.fullmatch(r":?\d{1,5}", value) is not None


def is_host(key: str, value: str) -> bool:
    """Whether a value is a host without a scheme, below a key of addresses: `url: nas.localdomain`."""
    return _ADDRESSED.search(key) is not None and _HOST.fullmatch(value) is not None


def routed(value: str) -> str:
    """Of a rule of Traefik's the hosts that it names, as it names them."""
    return _CALL.sub(lambda match: match[0] if match[1] in _HOSTS else f"{match[1]}(`x`)", value)


def is_routed(key: str, value: str) -> bool:
    """Whether a value is such a rule, and nothing else."""
    return key == "match" and re.fullmatch(r"[\s&|!()]*", _CALL.sub("", value)) is not None


def is_rule(key: str, above: str) -> bool:
    """Whether a field is of a rule of relabelling."""
    return key in _RULE and _RELABELS.search(above) is not None


def is_field(key: str, above: str) -> bool:
    """Whether a field is read as a word, by its key and the key that it stands below."""
    if is_credential(key) or _OF_USERS.search(key) is not None:
        return False
    if above in _FILLS or above in _BELOW.get(key, ()):
        return True
    return key.lower() in WORDS or _REFERS.search(key) is not None or is_rule(key, above)


class Fields:
    """`asked` is what the catalogue's entries look for (catalogue.asked), `notes` are the annotations that the program
    reads itself."""

    def __init__(self, asked: Mapping[str, Iterable[str]] | None = None, notes: Iterable[str] = ()) -> None:
        told = asked or {}
        self._named = frozenset(told.get("named", ()))
        self.words = frozenset(told.get("words", ()))
        self._notes = frozenset(told.get("notes", ())).union(notes)
        self._matches = tuple(told.get("matches", ()))
        self._makes = tuple(told.get("makes", ()))
        said = (*self._matches, *self.words)
        self._parts = {part.lower() for one in said for part in _PART.findall(one)}

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return list(map(re.compile, self._matches))

    @cached_property
    def makes(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        """What finds the names of what the pods use that a program makes, with the words that stand in it."""
        return [
            (re.compile(one, re.MULTILINE), frozenset(_PART.findall(_SYNTAX.sub(" ", _SIGN.sub(" ", one)))))
            for one in self._makes
        ]

    def is_read(self, key: str, above: str) -> bool:
        """Whether a field is read as a word, by the program or because an entry names it."""
        return is_field(key, above) or (key in self._named and not is_credential(key))

    def passes(self, key: str, above: str, value: str) -> bool:
        """Whether a word may stay for its field's sake."""
        if not self.is_read(key, above):
            return False
        if _IS_IMAGE.search(key) is not None and IMAGE.fullmatch(value) is not None:
            return True
        filled = _VARIABLE.sub("", value)
        return is_plain(filled) and (is_rule(key, above) or _is_word(filled))

    def is_note(self, key: str, value: str) -> bool:
        """Whether a word stays because somebody reads the annotation."""
        known = key in self._notes or key.rpartition("/")[2] in _SCRAPED
        filled = _VARIABLE.sub("x", value)  # `external.${DOMAIN}`, which Flux fills in
        return known and _is_word(filled.replace("=", ":")) and is_plain(filled)

    def with_sought(self, value: str, made: str) -> str:
        """What was made of a word, or as much of it as the catalogue's conditions look for, in their own words."""
        if "://" in value or len(value) > 253 or re.search(r"\s", value):
            return made
        told = _PART.sub(lambda match: match[0] if match[0].lower() in self._parts else "x", value)
        if told == made:
            return made
        lost = any(one.search(value) and one.search(told) and not one.search(made) for one in self._patterns)
        return told if lost else made


def _is_word(value: str) -> bool:
    rest = without_templates(value)
    return not rest or _WORD.fullmatch(rest) is not None


NO_FIELDS = Fields()
