"""A lean record is the named tuple that `typing` would make."""

from __future__ import annotations

import copy
import json
import pickle
import typing

import pytest
from cilium_policies import lean


class Lean(lean.NamedTuple):
    """A record."""

    name: str
    port: int = 0
    labels: dict[str, str] = {}  # noqa: RUF012

    @property
    def shown(self) -> str:
        return f"{self.name}:{self.port}"

    @classmethod
    def local(cls) -> Lean:
        return cls("localhost")


class Typed(typing.NamedTuple):
    """A record."""

    name: str
    port: int = 0
    labels: dict[str, str] = {}  # noqa: RUF012


class Bare(lean.NamedTuple):
    pass


def test_fields_defaults_and_methods() -> None:
    one = Lean("web", port=80)
    assert one == Typed("web", port=80) == ("web", 80, {})
    assert (one.shown, Lean.local().shown) == ("web:80", "localhost:0")
    assert (Lean._fields, Lean._field_defaults) == (Typed._fields, Typed._field_defaults)
    assert one._replace(port=1)._asdict() == Typed("web", 1)._asdict()
    assert repr(one) == "Lean(name='web', port=80, labels={})"
    assert (Lean.__doc__, Lean.__module__, Lean.__qualname__) == ("A record.", __name__, "Lean")
    assert isinstance(one, tuple)
    assert not hasattr(one, "__dict__")


def test_wrong_fields_and_copies_are_as_with_typing() -> None:
    one = Lean("web", labels={"a": "b"})
    for made in (Lean, Typed):
        with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'name'"):
            made()
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'where'"):
            made("web", where=1)
        with pytest.raises(TypeError):
            made._make(["web"])
        with pytest.raises((ValueError, TypeError), match="where"):  # the latter from Python 3.13 on
            made("web")._replace(where=1)
    assert type(Lean._make(["web", 1, {}])) is Lean
    again = pickle.loads(pickle.dumps(one))
    assert (type(again), again, copy.deepcopy(one)) == (Lean, one, one)
    match one:
        case Lean(name, port):
            assert (name, port) == ("web", 0)


def test_a_record_without_fields() -> None:
    assert Bare() == ()


def test_json_is_written_as_json_writes_it() -> None:
    texts = ["", "\u00e9\u2028\U0001f600", '"\\\n\x7f', "\ud800"]
    value = {"a": [1, -1.5, float("inf"), True, None, {}, [], *texts], "b": {2: "x", None: "y", False: "z"}}
    assert lean.encoded(value) == json.dumps(value, ensure_ascii=False)
    assert [lean.encoded(one) for one in texts] == [json.dumps(one, ensure_ascii=False) for one in texts]
    holds_itself: list[object] = []
    holds_itself.append(holds_itself)
    with pytest.raises(ValueError, match="Circular"):
        lean.encoded(holds_itself)
    with pytest.raises(TypeError, match="set"):
        lean.encoded({"a": {1}})
