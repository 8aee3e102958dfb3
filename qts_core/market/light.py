"""Frozen dataclasses that cost little to make: of requests, updates, fills and orders a backtest makes millions.

``dataclass(frozen=True)`` writes every field of a new object through ``object.__setattr__``, which finds the field by
its name each time. Here a new object is written while it still is of a plain class with the same slots, and takes its
own class last: a sixth of the cost. Nothing else differs: fields, defaults, equality, text, and that nothing of an
object can be changed afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["changed", "light"]

T = TypeVar("T")

COPIERS: dict[type, Callable[[Any], Any]] = {}
"""Of each light class: a function that returns a copy of an object which is not of that class yet, but writable."""

become = object.__dict__["__class__"].__set__
ABSENT = object()


def light(cls: type[T]) -> type[T]:
    """Make objects of `cls` cheaply; it stands above ``@dataclass(frozen=True, slots=True)``.

    Raises
    ------
    TypeError
        If `cls` asks for more than plain fields: derived ones, such by name only, a ``__post_init__``.
    """
    told = fields(cls)  # type: ignore[arg-type]  # that it is a dataclass cannot be said of a decorator's argument
    names = [field.name for field in told]
    if hasattr(cls, "__post_init__") or not all(field.init and not field.kw_only for field in told):
        raise TypeError(f"{cls.__name__} has more than plain fields")
    scope: dict[str, Any] = {
        "ABSENT": ABSENT, "become": become, "make": object.__new__,
        "Open": type(f"Open{cls.__name__}", (), {"__slots__": tuple(names)}),
    }  # fmt: skip
    lines = [f"def __init__(self, {', '.join(_parameter(field, scope) for field in told)}):"]
    lines += [" own = self.__class__", " become(self, Open)"]
    lines += [f" self.{field.name} = {_value(field)}" for field in told]
    lines += [" self.__class__ = own", "def copied(self):", " new = make(Open)"]
    lines += [f" new.{name} = self.{name}" for name in names]
    lines += [" return new"]
    exec("\n".join(lines), scope)  # noqa: S102  # names of fields, as the standard library writes its dataclasses
    scope["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = scope["__init__"]  # type: ignore[method-assign]
    COPIERS[cls] = scope["copied"]
    return cls


def _parameter(field: Field[Any], scope: dict[str, Any]) -> str:
    if field.default_factory is not MISSING:
        scope[f"make_{field.name}"] = field.default_factory
        return f"{field.name}=ABSENT"
    if field.default is MISSING:
        return field.name
    scope[f"default_{field.name}"] = field.default
    return f"{field.name}=default_{field.name}"


def _value(field: Field[Any]) -> str:
    if field.default_factory is MISSING:
        return field.name
    return f"make_{field.name}() if {field.name} is ABSENT else {field.name}"


if TYPE_CHECKING:
    from dataclasses import replace as changed
else:

    def changed(record, /, **values):
        """Return a light `record` with other `values`, as ``dataclasses.replace`` does.

        Raises
        ------
        AttributeError
            If it has no such field.
        """
        own = record.__class__
        new = COPIERS[own](record)
        for name, value in values.items():
            setattr(new, name, value)
        new.__class__ = own
        return new
