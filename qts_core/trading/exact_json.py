"""Dataclasses as canonical JSON and back, bit for bit: the journal and the decision record are written with it.

Decimals become strings, moments become microseconds, arrays become lists, NaN becomes null. Nothing is rounded: a
float is written with the digits that give it back. Types come from the annotations, so a new event needs no code here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.time import from_micros, to_micros

__all__ = ["canonical", "decode", "encode", "parse"]

T = TypeVar("T")
Reader = Callable[[object], object]


def canonical(value: object) -> str:
    """Return JSON values as text: sorted keys, no blanks, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def parse(text: str) -> object:
    """Return the JSON values of `text`."""
    value: object = json.loads(text)
    return value


def encode(value: object) -> object:
    """Return `value` as JSON values.

    Raises
    ------
    TypeError
        If it holds something that cannot be written exactly.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return None if value != value else float(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, np.ndarray):
        return to_list(value)
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value) if f.init}
    raise TypeError(f"cannot be written exactly: {type(value).__name__}")


def decode(kind: type[T], value: object) -> T:
    """Return the `kind` that :func:`encode` made `value` of.

    Raises
    ------
    TypeError, ValueError, KeyError
        If `value` is not of that form.
    """
    reader: Reader = _reader(cast(Hashable, kind))
    made = reader(value)
    if not isinstance(made, kind):
        raise TypeError(f"expected {kind.__name__}, found {type(made).__name__}")
    return made


def _float(value: object) -> object:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"expected a number, found {value!r}")
    return float(value)


def _checked(kind: type) -> Reader:
    def read(value: object) -> object:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, found {value!r}")
        return value

    return read


SCALARS: dict[object, Reader] = {
    bool: _checked(bool),
    int: _checked(int),
    str: _checked(str),
    float: _float,
    NoneType: _checked(NoneType),
    Decimal: lambda value: Decimal(str(value)),
    datetime: lambda value: from_micros(int(str(value))),
    date: lambda value: date.fromisoformat(str(value)),
}


@cache
def _reader(kind: object) -> Reader:
    if kind in SCALARS:
        return SCALARS[kind]
    origin = get_origin(kind)
    if origin is np.ndarray or kind is np.ndarray:
        return from_list
    if origin in (Union, UnionType):
        return _optional_reader(kind)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        item = _reader(get_args(kind)[1])
        return lambda value: {key: item(v) for key, v in _object(value).items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_reader(kind)
    raise TypeError(f"cannot be read exactly: {kind}")


def _optional_reader(kind: object) -> Reader:
    kinds = [k for k in get_args(kind) if k is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"a union cannot be told apart: {kind}")
    item = _reader(kinds[0])
    return lambda value: None if value is None else item(value)


def _tuple_reader(kinds: tuple[object, ...]) -> Reader:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        item = _reader(kinds[0])
        return lambda value: tuple(item(v) for v in _array(value))
    items = [_reader(k) for k in kinds]
    return lambda value: tuple(read(v) for read, v in zip(items, _array(value), strict=True))


def _dataclass_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {f.name: _reader(hints[f.name]) for f in fields(kind) if f.init}

    def read(value: object) -> object:
        content = _object(value)
        unknown = content.keys() - readers.keys()
        if unknown:
            raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        return kind(**{name: readers[name](item) for name, item in content.items()})

    return read


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value


def _array(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"expected an array, found {type(value).__name__}")
    return value
