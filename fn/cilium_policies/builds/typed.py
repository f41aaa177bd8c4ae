"""YAML with the types that Go reads: what goes into a kustomization is written again, as JSON."""

from __future__ import annotations

import re
from functools import cache

from cilium_policies.document import plain
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import Any

# Plain or quoted, these are texts to every reader.
_WORD = re.compile(r"(?:\.{1,2}/)*[A-Za-z][-A-Za-z0-9_./]*\Z")
# A password that begins with `*`, `&` or `!` is the name of one of these.
_NAMED = r"((?:alias|anchor|tag(?: handle)?|directive)) '[^']*'"
_OTHERS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))


class NotYamlError(CiliumPoliciesError):
    """What is wrong with a text that is no YAML; `line` (from 1) is 0 where nobody says it."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


def is_word(value: str) -> bool:
    """Whether a scalar of this text is a text, however it is written."""
    return _WORD.match(value) is not None and value.lower() not in _OTHERS


def load(document: bytes) -> Any:
    """The value of a document. Raises NotYamlError.

    Most kustomizations hold words and nothing else: those are read without PyYAML, whose import takes longer than all
    of them.
    """
    quick = plain.read(document)
    if quick is not None and _is_of_words(quick):
        return quick
    import yaml

    try:
        try:
            made = yaml.load(document, Loader=_loader())  # a SafeLoader
        except yaml.composer.ComposerError:
            made = yaml.load(document, Loader=_loader(again=True))
        if b"&" in document and _holds_itself(made):
            raise NotYamlError("an anchor's value contains itself")  # as Go says it
        return made
    except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        # What has a tag and is nothing of it (`!!bool x`) PyYAML answers with any of these.
        where = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "a value is not of its type"
        raise NotYamlError(re.sub(_NAMED, r"\1", what), where.line + 1 if where else 0) from None


def _holds_itself(value: Any) -> bool:
    """Whether a value lies somewhere in itself."""
    open_ones: set[int] = set()
    done: set[int] = set()
    waiting = [(value, False)]
    while waiting:
        one, is_left = waiting.pop()
        if is_left:
            open_ones.discard(id(one))
            done.add(id(one))
        elif isinstance(one, (dict, list)) and id(one) not in done:
            if id(one) in open_ones:
                return True
            open_ones.add(id(one))
            waiting.append((one, True))
            waiting += ((member, False) for member in (one.values() if isinstance(one, dict) else one))
    return False


def _is_of_words(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_word(key) and _is_of_words(member) for key, member in value.items())
    if isinstance(value, list):
        return all(map(_is_of_words, value))
    return value is None or is_word(value)


@cache
def _loader(*, again: bool = False) -> Any:
    """A loader that leaves dates and `=` as text: an image's tag may look like one. PyYAML refuses an anchor that is
    set `again`, which YAML allows and Go reads; the slower loader in Python can be told. A
    number with more digits than Python writes is none: int() says so of a decimal one alone."""
    import yaml

    base: Any = yaml.SafeLoader if again else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    without = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
    resolvers = {
        first: [one for one in pairs if one[0] not in without]
        for first, pairs in base.yaml_implicit_resolvers.items()
    }

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(self.peek_event().anchor, None)
        return base.compose_node(self, parent, index)

    def whole(self: Any, node: Any) -> int:
        number: int = self.construct_yaml_int(node)
        str(number)  # raises ValueError
        return number

    more = {"compose_node": compose_node} if again else {}
    made: Any = type("Loader", (base,), {"yaml_implicit_resolvers": resolvers, **more})
    made.add_constructor("tag:yaml.org,2002:int", whole)
    return made
