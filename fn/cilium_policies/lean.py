"""What annotations and records need of `typing`, without its import.

The function starts at every build, and importing `typing` with its NamedTuple cost a tenth of a build of a
hundred objects. What only a checker reads comes from `typing` all the same; at run time a record is what
`collections.namedtuple` makes, with the defaults, methods and properties of its class body. That function
compiles a text each time it is called; a run has eighty records, so one shape serves all of as many fields.
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
        shape = _shape(len(fields))
        code = shape.__new__.__code__.replace(co_varnames=("_cls", *fields))
        new = type(shape.__new__)(code, shape.__new__.__globals__, "__new__", tuple(defaults.values()))
        getters = {
            field: vars(shape)[numbered] for field, numbered in zip(fields, shape._fields, strict=True)
        }
        named = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        return {"__slots__": (), "__new__": new, **getters, **named, **_METHODS}

    @cache
    def _shape(count):
        """A named tuple of that many fields."""
        return namedtuple("Shape", [f"field{number}" for number in range(count)])

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
