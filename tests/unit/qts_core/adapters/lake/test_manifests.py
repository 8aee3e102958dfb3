"""A manifest is believed to the bit or not at all; those of earlier lakes are still read."""

from __future__ import annotations

import json

import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.manifests import joined_lineage, manifest_bytes, partition_of, read_manifest
from qts_core.adapters.lake.names import segment_file
from qts_core.market.errors import DataCorruptionError
from qts_core.ports.lake import Partition, Segment
from tests.support.lakes import MONTH, TABLE, bars

A, B = "a1" * 32, "b2" * 32


def partition() -> Partition:
    segments = [
        Segment(segment_file(MONTH, sha), rows, sha, rows * 100, {"source": f"{rows}.csv"})
        for sha, rows in ((A, 3), (B, 5))
    ]
    return partition_of(TABLE, MONTH, segments, "c3" * 32)


def test_what_is_written_is_read() -> None:
    assert read_manifest(manifest_bytes(partition()), TABLE, MONTH, "here") == (partition(), 2)
    assert (partition().rows, partition().bytes) == (8, 800)


def test_every_flipped_bit_is_seen() -> None:
    content = manifest_bytes(partition())
    for bit in range(8 * len(content)):
        spoilt = bytearray(content)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
            read_manifest(bytes(spoilt), TABLE, MONTH, "here")


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'{"version": 2}', b'{"version": 3}', b"\xff", b"[" * 100_000])
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
        read_manifest(text, TABLE, MONTH, "here")


@pytest.mark.parametrize(("table", "month"), [("clean_bars", MONTH), (TABLE, "2024-04")])
def test_the_manifest_of_another_place_is_refused(table: str, month: str) -> None:
    with pytest.raises(DataCorruptionError):
        read_manifest(manifest_bytes(partition()), table, month, "here")


def version_1(sha256: str, rows: int, size: int) -> bytes:
    """Return a manifest as lakes before had it."""
    content = {"version": 1, "rows": rows, "bytes": size, "sha256": sha256, "lineage": {"source": "old.csv"}}
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def test_a_lake_of_version_1_is_read_and_compaction_renews_it() -> None:
    lake, frame = Lake("memory://version-1"), bars([("A", 0, 1, 10.0)])
    now = lake.write_month(TABLE, MONTH, frame, lineage={"source": "old.csv"})
    name = f"{TABLE}/{MONTH}.json"
    lake.store.write(name, version_1(now.sha256, now.rows, now.bytes))
    assert lake.partition(TABLE, MONTH) == now
    assert lake.read_month(TABLE, MONTH).equals(frame)
    assert lake.compact_month(TABLE, MONTH) == now
    assert lake.store.read(name) == manifest_bytes(now)


@pytest.mark.parametrize(("rows", "more"), [(2, 0), (1, 1)])
def test_rows_and_bytes_of_version_1_are_held_against_the_file(rows: int, more: int) -> None:
    lake = Lake(f"memory://version-1-{rows}-{more}")
    now = lake.write_month(TABLE, MONTH, bars([("A", 0, 1, 10.0)]), lineage={})
    lake.store.write(f"{TABLE}/{MONTH}.json", version_1(now.sha256, rows, now.bytes + more))
    with pytest.raises(DataCorruptionError):
        lake.read_month(TABLE, MONTH)


def test_lineages_are_joined_without_repeating_themselves() -> None:
    first, later = {"source": "a.csv", "x": "1"}, {"source": "b.csv", "y": "2"}
    joined = joined_lineage([first, later, first])
    assert joined == {"source": "a.csv | b.csv", "x": "1", "y": "2"}
    assert joined_lineage([joined, later]) == joined
    assert joined_lineage([{"note": "a | a"}]) == {"note": "a | a"}
