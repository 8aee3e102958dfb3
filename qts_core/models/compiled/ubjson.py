"""Reads Universal Binary JSON, the format of XGBoost's own files; numbers keep every bit.

References
----------
Universal Binary JSON Specification, draft 12, https://ubjson.org: types, strongly typed arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["Json", "read_ubjson"]

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None | NDArray[np.generic]
"""What a document holds; an array of numbers of one type is a numpy array."""

NUMBERS: Mapping[bytes, str] = MappingProxyType(
    {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
)
CONSTANTS: Mapping[bytes, bool | None] = MappingProxyType({b"T": True, b"F": False, b"Z": None})
DEEPEST = 64


def read_ubjson(data: bytes) -> Json:
    """Return the document in `data`.

    Raises
    ------
    ValueError
        If it is not Universal Binary JSON, is cut off, or is nested beyond reason.
    """
    try:
        return _Reader(data).value(DEEPEST)
    except (struct.error, IndexError) as error:
        raise ValueError(f"not UBJSON: {error}") from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def value(self, depth: int, kind: bytes | None = None) -> Json:
        if depth == 0:
            raise ValueError("nested too deep")
        kind = self._take(1) if kind is None else kind
        if kind == b"{":
            return self._object(depth)
        if kind == b"[":
            return self._array(depth)
        if kind == b"S":
            return self._text()
        if kind in CONSTANTS:
            return CONSTANTS[kind]
        return self._number(kind)

    def _object(self, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while self._data[self._at : self._at + 1] != b"}":
            key = self._text()
            found[key] = self.value(depth - 1)
        self._at += 1
        return found

    def _array(self, depth: int) -> Json:
        kind = count = None
        if self._data[self._at : self._at + 1] == b"$":
            self._at += 1
            kind = self._take(1)
        if self._data[self._at : self._at + 1] == b"#":
            self._at += 1
            count = self._count()
        if kind is not None and kind in NUMBERS and count is not None:
            form = np.dtype(NUMBERS[kind])
            return np.frombuffer(self._take(count * form.itemsize), form).astype(form.newbyteorder("="))
        items: list[Json] = []
        while len(items) < count if count is not None else self._data[self._at : self._at + 1] != b"]":
            items.append(self.value(depth - 1, kind))
        self._at += count is None
        return items

    def _number(self, kind: bytes) -> int | float:
        if kind not in NUMBERS:
            raise ValueError(f"unknown type {kind!r}")
        form = NUMBERS[kind]
        found: int | float = np.frombuffer(self._take(np.dtype(form).itemsize), form)[0].item()
        return found

    def _count(self) -> int:
        found = self._number(self._take(1))
        if not isinstance(found, int) or not 0 <= found <= len(self._data):
            raise ValueError(f"a length of {found}")
        return found

    def _text(self) -> str:
        return self._take(self._count()).decode()

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError("cut off")
        self._at += count
        return taken
