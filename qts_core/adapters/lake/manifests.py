"""The manifest of a month: which files are it, with sha256, rows, bytes and lineage, and a checksum of itself.

A manifest is JSON in exactly one spelling. It is read by parsing it, spelling it again and comparing every byte, so any
changed bit shows. Version 1, which earlier lakes hold, named one file and had no checksum; it is still read, and
`qts data compact` writes it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from qts_core.adapters.lake.names import segment_file
from qts_core.market.errors import DataCorruptionError
from qts_core.ports.lake import Partition, Segment

__all__ = ["VERSION", "chained", "joined_lineage", "manifest_bytes", "partition_of", "read_manifest"]

VERSION = 2
JOIN = " | "
DIGITS = frozenset("0123456789abcdef")


def partition_of(table: str, month: str, segments: Sequence[Segment], identity: str) -> Partition:
    """Return the month that `segments` make up."""
    return Partition(
        table,
        month,
        sum(s.rows for s in segments),
        identity,
        sum(s.bytes for s in segments),
        joined_lineage([s.lineage for s in segments]),
        tuple(segments),
    )


def chained(identity: str, sha256: str) -> str:
    """Return the identity of a month after a file was appended to it."""
    return hashlib.sha256(f"{identity}\n{sha256}".encode()).hexdigest()


def joined_lineage(parts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return one lineage: each key's distinct values in order, joined by `` | ``."""
    if len(parts) == 1:
        return dict(parts[0])
    values: dict[str, dict[str, None]] = {}
    for part in parts:
        for key, value in part.items():
            values.setdefault(key, {}).update(dict.fromkeys(value.split(JOIN)))
    return {key: JOIN.join(each) for key, each in values.items()}


def manifest_bytes(partition: Partition) -> bytes:
    """Return the manifest of `partition`, its only spelling."""
    segments = [
        {"file": s.file, "rows": s.rows, "bytes": s.bytes, "sha256": s.sha256, "lineage": dict(s.lineage)}
        for s in partition.segments
    ]
    content = {
        "version": VERSION,
        "table": partition.table,
        "month": partition.month,
        "sha256": partition.sha256,
        "segments": segments,
    }
    checksum = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "checksum": checksum}, indent=2, sort_keys=True).encode() + b"\n"


def read_manifest(text: bytes, table: str, month: str, where: str) -> tuple[Partition, int]:
    """Return the month that a manifest describes, and the manifest's version.

    Raises
    ------
    DataCorruptionError
        If it is not, to the bit, what was written for this month.
    """
    try:
        content = json.loads(text.decode("utf-8"))
        version = content["version"]
        if version == 1:
            return _version_1(content, table, month), 1
        if version != VERSION:
            raise ValueError(f"version {version}")
        partition = partition_of(table, month, [_segment(s, month) for s in content["segments"]], _sha(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(where, f"{type(error).__name__}: {error}") from error
    if manifest_bytes(partition) != text:
        raise _unreadable(where, "bytes that differ from its checksum, or the manifest of another month")
    return partition, VERSION


def _version_1(content: Mapping[str, object], table: str, month: str) -> Partition:
    if unknown := set(content) - {"version", "rows", "bytes", "sha256", "lineage"}:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    segment = _segment({**content, "file": segment_file(month, _sha(content))}, month)
    return partition_of(table, month, [segment], segment.sha256)


def _segment(record: Mapping[str, object], month: str) -> Segment:
    lineage, sha256 = record["lineage"], _sha(record)
    if not isinstance(lineage, dict) or record["file"] != segment_file(month, sha256):
        raise ValueError(f"a file named {record['file']}")
    return Segment(
        segment_file(month, sha256),
        _count(record["rows"]),
        sha256,
        _count(record["bytes"]),
        {str(k): str(v) for k, v in lineage.items()},
    )


def _sha(record: Mapping[str, object]) -> str:
    sha256 = record["sha256"]
    if not isinstance(sha256, str) or len(sha256) != 64 or not DIGITS.issuperset(sha256):
        raise ValueError("no sha256")
    return sha256


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"a count of {value!r}")
    return value


def _unreadable(where: str, found: str) -> DataCorruptionError:
    return DataCorruptionError(
        "QTS-DATA-009", "a manifest of the lake cannot be trusted", where=where, found=found,
        fix="restore the file from a backup or write that month again",
    )  # fmt: skip
