"""Whether the `when` of an edge, or the `enabled` of a chart's part, holds for what the input shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.flows import When, texts
from cilium_policies.catalogue.model import ChartEntry, Component, MadeBy
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.kube.objects import Mapping, text, walk_strings
from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import Answers, Facts

# Words for `mentions`: what configuration says when it uses such a service outside of the cluster.
MENTIONS = {
    "object-storage": r"amazonaws\.com|storage\.googleapis\.com|blob\.core\.windows\.net|cloudflarestorage\.com"
    r"|backblazeb2\.com|wasabisys\.com|digitaloceanspaces\.com|your-objectstorage\.com|storjshare\.io"
    r"|(?m:^\s*[\"']?type[\"']?:\s*[\"']?(?:GCS|AZURE|COS|ALIYUNOSS|BOS|OCI|OBS)\b)",  # of Thanos' objstore
    "chat": r"hooks\.slack\.com|discord(app)?\.com|api\.pushover\.net|events\.pagerduty\.com|api\.telegram\.org"
    r"|ntfy\.sh|webhook\.office\.com|hc-ping\.com|healthchecks\.io",
    "sign-in": r"accounts\.google\.com|login\.microsoftonline\.com|github\.com/login|gitlab\.com/oauth"
    r"|\.okta\.com|\.auth0\.com",
    "mail": r"(?i)smtp",
}
NEVER = "(?!)"
NO = ("", "false", "False", "FALSE", "0", "null", "~")


def holds(when: When, facts: Facts, peer: str = "") -> bool:
    """Whether an edge with this `when` is on. No condition: yes; `peer`: when the component that `peer`
    (a peer word) names is present; `evidence` and `asked`: no, the input or the user's word makes them."""
    if when is None:
        return True
    if isinstance(when, list):
        return any(holds(one, facts, peer) for one in when)
    if isinstance(when, dict):
        return _condition(when, facts)
    return when == "peer" and peer.startswith("component:") and facts.called_so(peer[10:])


def read_by(when: When) -> Iterator[tuple[str, str]]:
    """The kinds of custom resources (`group/Kind`) that a condition asks for, each with the field that tells a host,
    or that it asks for. What else stands there is another's: a release's values tell its own pods whom they call."""
    if isinstance(when, list):
        for one in when:
            yield from read_by(one)
    elif isinstance(when, dict):
        fields = texts(when.get("hosts")) or texts(when.get("has")) or ("spec",)
        yield from ((kind, field) for kind in texts(when.get("object")) for field in fields)
        yield from read_by(when.get("all"))
        yield from read_by(when.get("not"))


def chart_makes(entry: ChartEntry, values: Mapping) -> bool:
    """Whether a chart with these values (from the chart's root) makes the entry's pods."""
    return entry.default if entry.enabled is None else is_on(entry.enabled, entry.default, values)


def object_makes(made: MadeBy, body: Mapping) -> bool:
    """Whether the controller makes the entry's pods from this custom resource."""
    return asks_for(made.enabled, made.default, body)


def asks_for(enabled: When, default: bool, body: Mapping) -> bool:
    """Whether a custom resource switches something on: `cruiseControl: {}` asks for one with its defaults."""
    paths = enabled if isinstance(enabled, list) else [enabled]
    for path in paths:
        if isinstance(path, str) and at(body, path) == {}:
            return True
    return is_on(enabled, default, body)


def via_agrees(made: MadeBy, body: Mapping, facts: Facts) -> bool:
    """Whether the object that `body` names (its class, say) has what the entry asks of it."""
    return named_agrees(made, body, facts.objects)


def named_agrees(made: MadeBy, body: Mapping, objects: Callable[[str, str], Iterable[Mapping]]) -> bool:
    """The same where only the objects of the input are at hand, by group and kind."""
    if not made.via:
        return True
    group, kind = group_kind(text(made.via.get("object")))
    name = at(body, text(made.via.get("field")))
    named = [one for one in objects(group, kind) if at(one, "metadata.name") == name]
    if not named:
        return name in texts(made.via.get("made"))
    return any(agrees(at(one, text(made.via.get("has"))), made.via) for one in named)


def _nobody(_group: str, _kind: str) -> Iterable[Mapping]:
    return ()


class Beginning(NamedTuple):
    """Facts of pods of which only a release's values are known, or the object that makes them and those `beside` it (by
    group, "" any, and kind)."""

    values: Mapping = {}  # noqa: RUF012
    body: Mapping = {}  # noqa: RUF012
    beside: Callable[[str, str], Iterable[Mapping]] = _nobody
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()
    distribution: str = ""
    replicas: int = 1

    @property
    def answers(self) -> Answers:
        return {}  # each has objects of its own beside it

    def objects(self, group: str, kind: str) -> Iterable[Mapping]:
        return self.beside(group, kind)

    def placed(self, group: str, kind: str) -> Iterable[tuple[str, Mapping]]:
        return (("", body) for body in self.beside(group, kind))

    def hears(self, _spaces: set[str], _group: str) -> bool:
        return True

    def present(self, _component: str) -> bool:
        return False  # nobody is gathered yet

    def called_so(self, _component: str) -> bool:
        return False


def signs(enabled: When, default: bool) -> tuple[bytes, ...] | None:
    """Words of which one stands in the text of each custom resource that switches something on, as `asks_for` has it,
    a variable's among them, which may stand for any; None where nothing tells: then it has to be read."""
    found = [b"${"]
    for one in enabled if isinstance(enabled, list) else [enabled]:
        said = {"value": one} if isinstance(one, str) else one
        if default or not isinstance(said, dict) or "all" in said or "not" in said:
            return None
        path = text(said.get("value")) or text(said.get("field"))
        wanted = text(said.get("is"))  # of another one's text, quotes and line ends may stand in the file
        word = wanted if wanted.isalnum() else path.rpartition(".")[2]
        if word in ("", "*"):
            return None
        found.append(word.encode())
    return tuple(found)


def on_host(component: Component, facts: Facts) -> bool:
    """Whether a component's pods are in the network of their node: always, or on a condition."""
    told = component.data.get("hostNetwork")
    return holds(told, facts) if isinstance(told, (dict, list)) else component.host_network


def is_on(enabled: When, default: bool, tree: Mapping) -> bool:
    """Whether a switch is on in a chart's values or a custom resource: a path in them, a condition, or a list of which
    any suffices. None: always; `default` where nothing is set there."""
    if enabled is None:
        return True
    if isinstance(enabled, list):
        return any(is_on(one, default, tree) for one in enabled)
    if isinstance(enabled, str):
        found = at(tree, enabled)
        return default if found is None else _set(found)
    if "all" in enabled:
        return all(is_on(one, default, tree) for one in enabled["all"])
    if "not" in enabled:
        return not is_on(enabled["not"], not default, tree)
    paths = texts(enabled.get("value")) or texts(enabled.get("field")) or ("",)
    found = [one for one in (at(tree, path) for path in paths) if one is not None]
    if not found:
        return enabled["default"] == "true" if "default" in enabled else default
    return any(agrees(one, enabled) for one in found)


def brings_port(enabled: When, tree: Mapping) -> bool:
    """Whether a Service has a port with this switch. Where nothing is set there it has none, but one that is there
    unless something is set (`not`)."""
    return is_on(enabled, isinstance(enabled, dict) and "not" in enabled, tree)


def at(tree: Any, path: str) -> Any:
    """The member at a dotted path, or None. Keys may hold dots themselves (`grafana.ini`, annotations); a
    part `*` is any member and lists are entered, and the answer is then a list of what is there."""
    if not path or tree is None:
        return tree
    if isinstance(tree, list):
        return _all(tree, path)
    if not isinstance(tree, dict):
        return None
    if path.startswith("*."):
        return _all(tree.values(), path[2:])
    for key, rest in _cuts(path):
        if key in tree:
            found = at(tree[key], rest)
            if found is not None:
                return found
    return None


@lru_cache(maxsize=4096)
def _cuts(path: str) -> tuple[tuple[str, str], ...]:
    """A path cut in two in every way, the longest key first."""
    ends = [len(path), *(place for place in range(len(path) - 1, 0, -1) if path[place] == ".")]
    return tuple((path[:end], path[end + 1 :]) for end in ends)


def _all(members: Iterable[Any], path: str) -> list[Any] | None:
    found = [one for one in (at(member, path) for member in members) if one is not None]
    return found or None


def _condition(when: Mapping, facts: Facts) -> bool:
    """All keys of one mapping must hold."""
    if "value" in when and not at_any(facts.values, when["value"], when):
        return False
    if "field" in when and not at_any(facts.body, when["field"], when):
        return False
    if "object" in when and not _object(when, facts):
        return False
    if "arg" in when and not _any(when["arg"], facts.args):
        return False
    if "env" in when and not _env(when, facts):
        return False
    if "text" in when and not _any(when["text"], facts.texts):
        return False
    if "mentions" in when and not _any(MENTIONS.get(text(when["mentions"])), facts.texts):
        return False
    return _surroundings(when, facts)


def _surroundings(when: Mapping, facts: Facts) -> bool:
    if "distribution" in when and facts.distribution not in texts(when["distribution"]):
        return False
    if "component" in when and not facts.present(text(when["component"])):
        return False
    if "replicas" in when and facts.replicas < int(text(when["replicas"]) or 0):
        return False
    if "all" in when and not all(holds(one, facts) for one in when["all"]):
        return False
    return "not" not in when or not holds(when["not"], facts)


def _object(when: Mapping, facts: Facts) -> bool:
    """Whether any object of the input is so, that these pods hear of: asked once, for whichever workload."""
    known = facts.answers.get(id(when))
    group, kind = group_kind(text(when["object"]))
    if known is None:
        seats = texts(when.get("within"))
        placed = [one for one in facts.placed(group, kind) if not seats or one[0] in seats]
        held = {space for space, body in placed if "has" not in when or has_any(body, when["has"], when)}
        known = facts.answers[id(when)] = when, held
    return bool(known[1]) and facts.hears(known[1], group)


def has_any(body: Mapping, paths: Any, when: Mapping) -> bool:
    """`at_any` of an object, which sets a field with its defaults by `{}` (`openai: {}`); Helm's values do not."""
    return any((found := at(body, path)) == {} or agrees(found, when) for path in texts(paths))


def names_at(body: Mapping, paths: Iterable[str]) -> set[str]:
    """The names of other objects that a custom resource gives at these paths: a text there, or a list of them. What
    stands below (`metadata` has labels beside the name) names nobody."""
    found = (one for path in paths for one in walk_strings(at(body, path)))
    return {name for place, name in found if not place or (place[0] == "[" and "." not in place)}


def at_any(tree: Mapping, paths: Any, when: Mapping) -> bool:
    """Whether what stands at any of these paths agrees."""
    return any(agrees(at(tree, path), when) for path in texts(paths))


def _env(when: Mapping, facts: Facts) -> bool:
    """Whether there is such a variable, whatever it holds; with `is` or `matches`, one whose value agrees."""
    name, asked = re.compile(text(when["env"])), "is" in when or "matches" in when
    return any(name.fullmatch(key) and (not asked or agrees(held, when)) for key, held in facts.env)


def _any(pattern: Any, among: Iterable[str]) -> bool:
    search = re.compile(text(pattern) or NEVER).search
    return any(search(one) for one in among)


def agrees(found: Any, when: Mapping) -> bool:
    """`is`: the same text, `{}` for an empty mapping; `matches`: a pattern; neither: set and not empty, false or 0."""
    if "is" in when:
        return any(one == when["is"] for _, one in walk_strings(found if found != {} else "{}"))
    if "matches" in when:
        return _any(when["matches"], (one for _, one in walk_strings(found)))
    return _set(found)


def _set(found: Any) -> bool:
    if found is None or isinstance(found, (dict, list)):
        return bool(found)
    return found not in NO
