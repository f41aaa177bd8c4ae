"""What annotations and records need of `typing`, without its import.

The function starts at every build, and importing `typing` with its NamedTuple cost a tenth of a build of a
hundred objects. What only a checker reads comes from `typing` all the same; at run time a record is what
`collections.namedtuple` makes, with the defaults, methods and properties of its class body. That function
compiles a text each time it is called, and a run has eighty records.
"""

from __future__ import annotations

from collections import namedtuple
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
            methods = {key: value for key, value in body.items() if key not in fields}
            return type(name, (tuple,), {**_shaped(fields, defaults), **methods})

    def _shaped(fields, defaults):
        """What makes a tuple one with these fields."""
        few = len(fields) < len(_NEW)
        shape = _NEW[len(fields)] if few else _shape(len(fields)).__new__
        code = shape.__code__.replace(co_varnames=("_cls", *fields))
        new = type(shape)(code, shape.__globals__, "__new__", tuple(defaults.values()))
        getters = zip(fields, _GETTERS if few else _getters(_shape(len(fields))), strict=False)
        named = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        return {"__slots__": (), "__new__": new, **dict(getters), **named, **_METHODS}

    @cache
    def _shape(count):
        """A named tuple of that many fields."""
        return namedtuple("Shape", [f"field{number}" for number in range(count)])

    def _getters(shape):
        return [vars(shape)[field] for field in shape._fields]

    _tuple_new = tuple.__new__
    # By the number of fields, what `namedtuple` compiles at each start; here compiled with the module. Few records
    # have more fields.
    _NEW = (
        lambda _: _tuple_new(_, ()),
        lambda _, a: _tuple_new(_, (a,)),
        lambda _, a, b: _tuple_new(_, (a, b)),
        lambda _, a, b, c: _tuple_new(_, (a, b, c)),
        lambda _, a, b, c, d: _tuple_new(_, (a, b, c, d)),
        lambda _, a, b, c, d, e: _tuple_new(_, (a, b, c, d, e)),
        lambda _, a, b, c, d, e, f: _tuple_new(_, (a, b, c, d, e, f)),
        lambda _, a, b, c, d, e, f, g: _tuple_new(_, (a, b, c, d, e, f, g)),
        lambda _, a, b, c, d, e, f, g, h: _tuple_new(_, (a, b, c, d, e, f, g, h)),
        lambda _, a, b, c, d, e, f, g, h, i: _tuple_new(_, (a, b, c, d, e, f, g, h, i)),
        lambda _, a, b, c, d, e, f, g, h, i, j: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j)),
        lambda _, a, b, c, d, e, f, g, h, i, j, k: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m: _tuple_new(_, (a, b, c, d, e, f, g, h, i, j, k, m)),
    )
    _GETTERS = _getters(_shape(len(_NEW) - 1))

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
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _plain,
    }

    class NamedTuple(metaclass=_Record):
        pass
