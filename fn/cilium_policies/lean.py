"""What annotations and records need of `typing`, without its import.

The function starts at every build, and importing `typing` with its NamedTuple cost a tenth of a build of a
hundred objects. What only a checker reads comes from `typing` all the same; at run time a record is a
`collections.namedtuple` with the defaults, methods and properties of its class body.
"""

from __future__ import annotations

from collections import namedtuple

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
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in fields and key not in ("__annotations__", "__dict__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Record):
        pass
