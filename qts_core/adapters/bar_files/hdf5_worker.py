"""Read numeric tables of an HDF5 file and print them; a program of its own that imports nothing of QTS.

The HDF5 library is large, old C code, and its answer to a damaged file may be a crash. So it runs in a process with
bounded memory and time, and what comes out is plain: a JSON line for each table with names and types of its columns,
then their bytes. The last line says ``end``, or carries a refusal.

Never read: object and variable-length values, references, links to other files, virtual and external data sets.
"""

from __future__ import annotations

import json
import pickletools
import resource
import sys
from collections.abc import Iterator
from typing import IO

import h5py
import numpy as np

__all__ = ["Refused", "TooMuch", "main"]

ROWS = 262_144
MAX_OBJECTS = 20_000
MAX_DEPTH = 4
BUILT_IN_FILTERS = {1, 2, 3, 4, 5, 6, 32000}
"""Deflate, shuffle, Fletcher, szip, n-bit, scale-offset, and LZF, which h5py brings."""
STRING_OPCODES = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
LIST_OPCODES = {"MARK", "LIST", "EMPTY_LIST", "APPEND", "APPENDS", "PUT", "BINPUT", "MEMOIZE", "PROTO", "FRAME", "STOP"}


class Refused(Exception):
    """Something that is never read."""


class TooMuch(Exception):
    """More bytes or objects than are allowed."""


def main(path: str, memory_bytes: int, limit_bytes: int, cpu_seconds: int) -> int:
    """Print the tables of `path`; the last line is ``{"end": true}`` or ``{"refused": ..., "found": ...}``."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        with h5py.File(path, "r", locking=False) as file:
            left = [limit_bytes, MAX_OBJECTS]
            for name, group in tables(file, "", left, 0):
                write(out, name, group)
        last: dict[str, object] = {"end": True}
    except TooMuch as error:
        last = {"too_much": str(error)}
    except Refused as error:
        last = {"refused": str(error.args[0]), "found": str(error.args[1])}
    except (
        OSError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
        MemoryError,
        AttributeError,
        OverflowError,
    ) as error:
        last = {"damaged": str(error)[:500] or type(error).__name__}
    out.write(json.dumps(last).encode() + b"\n")
    out.flush()
    return 0


Columns = dict[str, "h5py.Dataset | tuple[h5py.Dataset, str] | tuple[h5py.Dataset, str, int]"]


def tables(group: h5py.Group, at: str, left: list[int], depth: int) -> Iterator[tuple[str, Columns]]:
    """Find the tables of a group: compound data sets, groups of columns, and tables of pandas."""
    if depth > MAX_DEPTH:
        raise Refused("groups lie too deep", at)
    members = {}
    for name in group:
        left[1] -= 1
        if left[1] < 0:
            raise TooMuch(f"more than {MAX_OBJECTS} objects")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise Refused("a link to somewhere else", f"{at}/{name}")
        members[name] = group[name]
    if "pandas_type" in group.attrs:
        yield at, pandas_table(group, members, at, left)
        return
    columns: Columns = {}
    for name, member in members.items():
        if isinstance(member, h5py.Group):
            yield from tables(member, f"{at}/{name}", left, depth + 1)
        elif not isinstance(member, h5py.Dataset):
            raise Refused("an object that is no table", f"{at}/{name}")
        elif member.dtype.names:
            check(member, f"{at}/{name}", left)
            yield f"{at}/{name}", {field: (member, field) for field in member.dtype.names}
        else:
            check(member, f"{at}/{name}", left)
            columns[name] = member
    if columns:
        yield at, columns


def pandas_table(group: h5py.Group, members: dict[str, object], at: str, left: list[int]) -> Columns:
    """Name the columns of what pandas writes with ``format="table"``; nothing is unpickled."""
    table = members.get("table")
    if not isinstance(table, h5py.Dataset) or not table.dtype.names:
        raise Refused("pandas' fixed layout keeps names in pickles", at)
    check(table, f"{at}/table", left)
    columns: Columns = {}
    for field in table.dtype.names:
        shape = table.dtype[field].shape
        if not field.startswith("values_block_"):
            columns["timestamp" if field == "index" else field] = (table, field)
            continue
        names = listed(table.attrs.get(f"{field}_kind"), f"{at}/table {field}")
        if len(names) != (shape[0] if shape else 1):
            raise Refused("the names of a block are not those of its columns", f"{at}/table {field}")
        for i, name in enumerate(names):
            columns[name] = (table, field, i)
    return columns


def listed(pickled: object, at: str) -> list[str]:
    """Read a pickled list of strings as text: any other instruction in it is refused, none is carried out."""
    data = pickled.tobytes() if isinstance(pickled, np.void) else pickled if isinstance(pickled, bytes) else b""
    names = []
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in STRING_OPCODES:
            names.append(str(argument))
        elif opcode.name not in LIST_OPCODES:
            raise Refused("an object where names of columns should be", f"{at}: {opcode.name}")
    return names


def check(data: h5py.Dataset, at: str, left: list[int]) -> None:
    """Refuse values that are objects or lie elsewhere, and more bytes than are left, before any is read."""
    if data.is_virtual or data.external:
        raise Refused("values that lie in other files", at)
    plist = data.id.get_create_plist()
    if {plist.get_filter(i)[0] for i in range(plist.get_nfilters())} - BUILT_IN_FILTERS:
        raise Refused("a compression that is not built in", at)
    for name in data.dtype.names or (None,):
        kind = data.dtype[name].base if name else data.dtype
        if kind.kind not in "iufbS" or h5py.check_vlen_dtype(kind) or h5py.check_ref_dtype(kind):
            raise Refused("values that are no numbers and no text of fixed length", f"{at} {name or ''}: {kind}")
        if kind.itemsize > 256:
            raise Refused("text that is too long", f"{at} {name or ''}: {kind}")
    if data.ndim != 1:
        raise Refused("a data set that is no column", f"{at}, shape {data.shape}")
    chunk = data.chunks[0] * data.dtype.itemsize if data.chunks else 0
    left[0] -= data.shape[0] * data.dtype.itemsize
    if left[0] < 0 or chunk > 256 * 1024**2:
        raise TooMuch(f"{at}, {data.shape[0]} rows")


def write(out: IO[bytes], name: str, columns: Columns) -> None:
    """Print a table, some hundred thousand rows at a time."""
    sources = [column if isinstance(column, tuple) else (column,) for column in columns.values()]
    lengths = {source[0].shape[0] for source in sources}
    if len(lengths) != 1:
        raise Refused("columns of different lengths", f"{name or '/'}: {sorted(lengths)}")
    rows = lengths.pop()
    for start in range(0, max(rows, 1), ROWS):
        held: dict[object, np.ndarray] = {}
        arrays = []
        for source in sources:
            if source[0].id not in held:
                held[source[0].id] = source[0][start : start + ROWS]
            values = held[source[0].id]
            if len(source) > 1:
                values = values[source[1]]
            if len(source) > 2:
                values = values[:, source[2]]
            arrays.append(np.ascontiguousarray(values.reshape(len(values), -1)[:, 0]))
        kinds = [[name, array.dtype.str, len(array)] for name, array in zip(columns, arrays, strict=True)]
        out.write(json.dumps({"table": name, "columns": kinds}).encode() + b"\n")
        for array in arrays:
            out.write(array.tobytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
