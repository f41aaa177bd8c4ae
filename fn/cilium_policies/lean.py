"""What annotations and records need of `typing`, and files of JSON of `json`, without their import.

The function starts at every build, and importing `typing` with its NamedTuple cost a tenth of a build of a
hundred objects. What only a checker reads comes from `typing` all the same; at run time a record is what
`collections.namedtuple` makes, with the defaults, methods and properties of its class body. That function
compiles a text each time it is called, and a run has eighty records. `json` compiles seven patterns, of which
nothing is needed to read what is known to be JSON, nor to write any.
"""

from __future__ import annotations

from collections import _tuplegetter  # type: ignore[attr-defined]
from functools import cache

TYPE_CHECKING = False  # checkers take it for true, whatever it says

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import Generic as Generic
    from typing import Literal as Literal
    from typing import NamedTuple as NamedTuple
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import TypeVar as TypeVar

    def decoded(text: str) -> Any:
        """The value of a text of this program's own that is JSON from its first sign on."""

    def encoded(value: Any) -> str:
        """A value as JSON on one line, its texts as they are."""
else:
    Any = NoReturn = Protocol = object

    def TypeVar(name, **_):
        return object

    class Generic:
        def __class_getitem__(cls, parameters):
            return cls

    class _Record(type):
        """Makes `class Name(NamedTuple)` the named tuple that its body describes."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            # as text, on every Python: modules import `annotations` from `__future__`
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            shape = _NEW.get(len(fields)) or _new(len(fields))
            code = shape.__code__.replace(co_varnames=("_cls", *fields))
            made = {**_METHODS, **body}
            made.update((field, _tuplegetter(place, "")) for place, field in enumerate(fields))
            made["__new__"] = type(shape)(code, shape.__globals__, "__new__", tuple(defaults.values()))
            made["_fields"] = made["__match_args__"] = fields
            made["_field_defaults"] = defaults
            return type(name, (tuple,), made)

    @cache
    def _new(count):
        """What makes a named tuple of that many fields, compiled."""
        from collections import namedtuple

        return namedtuple("Shape", [f"field{number}" for number in range(count)]).__new__

    _tuple_new = tuple.__new__

    def _of_13(_, a, b, c, d, e, f, g, h, i, j, k, m, n):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n))

    def _of_14(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o))

    def _of_15(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p))

    def _of_16(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q))

    def _of_17(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r))

    def _of_21(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v))

    def _of_25(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z):
        return _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z))

    def _of_27(_, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb):
        return _tuple_new(
            _, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb)
        )

    # By the number of fields, what `namedtuple` compiles at each start; here compiled with the module, for the records
    # of a plain build.
    _NEW = {
        0: lambda _: _tuple_new(_, ()),
        1: lambda _, a: _tuple_new(_, (a,)),
        2: lambda _, a, b: _tuple_new(_, (a, b)),
        3: lambda _, a, b, c: _tuple_new(_, (a, b, c)),
        4: lambda _, a, b, c, d: _tuple_new(_, (a, b, c, d)),
        5: lambda _, a, b, c, d, e: _tuple_new(_, (a, b, c, d, e)),
        6: lambda _, a, b, c, d, e, f: _tuple_new(_, (a, b, c, d, e, f)),
        7: lambda _, a, b, c, d, e, f, g: _tuple_new(_, (a, b, c, d, e, f, g)),
        8: lambda _, a, b, c, d, e, f, g, h: _tuple_new(_, (a, b, c, d, e, f, g, h)),
        9: lambda _, a, b, c, d, e, f, g, h, i: _tuple_new(_, (a, b, c, d, e, f, g, h, i)),
        10: lambda _, a, b, c, d, e, f, g, h, i, j: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j)),
        11: lambda _, a, b, c, d, e, f, g, h, i, j, k: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k)),
        12: lambda _, a, b, c, d, e, f, g, h, i, j, k, m: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m)),
        13: _of_13,
        14: _of_14,
        15: _of_15,
        16: _of_16,
        17: _of_17,
        21: _of_21,
        25: _of_25,
        27: _of_27,
    }

    def _make(cls, values):
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
        return made

    def _replace(self, /, **changes):
        fields, values = self._fields, list(self)
        try:
            for field, value in changes.items():
                values[fields.index(field)] = value
        except ValueError:
            unknown = ", ".join(one for one in changes if one not in fields)
            raise ValueError(f"{type(self).__name__} has no field {unknown}") from None
        return tuple.__new__(type(self), values)

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        fields = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
        return f"{type(self).__name__}({fields})"

    def _plain(self):
        return tuple(self)

    _METHODS = {
        "__slots__": (),
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _plain,
    }

    class NamedTuple(metaclass=_Record):
        pass

    try:
        from _json import encode_basestring as _encode_text  # the C half of `json`
        from _json import make_encoder as _make_encoder
        from _json import make_scanner as _make_scanner
    except ImportError:  # another Python than CPython
        from json import dumps as _dumps
        from json import loads as decoded

        def encoded(value):
            return _dumps(value, ensure_ascii=False)
    else:

        class _Plain:
            """What the scanner asks for: JSON as `json.loads` has it."""

            strict = True
            object_hook = object_pairs_hook = None
            parse_float = parse_constant = float
            parse_int = int

        _scan = _make_scanner(_Plain)

        def decoded(text):
            """The value of a text of this program's own that is JSON from its first sign on."""
            return _scan(text, 0)[0]

        def _no_json(value):
            raise TypeError(f"{type(value).__name__} is no JSON")

        def encoded(value):
            """A value as JSON on one line, its texts as they are."""
            # the values that it is within, so that none holds itself; then as `json.dumps` has it by itself
            encode = _make_encoder({}, _no_json, _encode_text, None, ": ", ", ", False, False, True)
            return "".join(encode(value, 0))
