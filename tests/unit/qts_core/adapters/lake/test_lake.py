"""The lake never gives back anything but what was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def frame(rows: int = 4, *, first: int = 0) -> pl.DataFrame:
    known = [START + timedelta(minutes=15 * (i + 1)) for i in range(first, first + rows)]
    return pl.DataFrame({"n": range(first, first + rows), "ts_known": known})


@pytest.fixture(params=["folder", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """A lake on a folder, and one on an fsspec URL."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{tmp_path.name}")


def test_what_is_written_is_read(lake: Lake) -> None:
    partition = lake.write_month("raw_bars", "2024-03", frame(), lineage={"source": "test"})
    assert lake.read_month("raw_bars", "2024-03").equals(frame())
    assert lake.partition("raw_bars", "2024-03") == partition
    assert (partition.rows, dict(partition.lineage)) == (4, {"source": "test"})
    assert lake.tables() == ("raw_bars",)
    assert lake.months("raw_bars") == ("2024-03",)


def test_months_are_joined_in_order_and_filtered_by_what_was_known(lake: Lake) -> None:
    for month, first in (("2024-03", 8), ("2024-01", 0), ("2024-02", 4)):
        lake.write_month("bars", month, frame(first=first), lineage={})
    assert lake.read("bars")["n"].to_list() == list(range(12))
    assert lake.read("bars", first_month="2024-02")["n"].to_list() == list(range(4, 12))
    assert lake.read("bars", last_month="2024-02", first_month="2024-02")["n"].to_list() == [4, 5, 6, 7]
    assert lake.read("bars", known_before=START + timedelta(minutes=30))["n"].to_list() == [0, 1]


def test_what_was_never_written_is_not_found(lake: Lake) -> None:
    assert lake.partition("bars", "2024-03") is None
    assert lake.months("bars") == ()
    assert lake.tables() == ()
    with pytest.raises(DataNotFoundError, match="QTS-DATA-013"):
        lake.read_month("bars", "2024-03")
    with pytest.raises(DataNotFoundError, match="qts data import"):
        lake.read("bars")


def test_new_content_replaces_a_month_and_leaves_the_old_file_to_those_who_read_it(lake: Lake) -> None:
    lake.write_month("bars", "2024-03", frame(), lineage={})
    before = lake.data_hash("bars")
    lake.write_month("bars", "2024-03", frame(5), lineage={})
    assert lake.read_month("bars", "2024-03").height == 5
    assert lake.data_hash("bars") != before
    assert len([n for n in lake.store.names("bars") if n.endswith(".parquet")]) == 2


def test_the_hash_depends_on_content_and_not_on_the_order_of_writing(lake: Lake) -> None:
    lake.write_month("bars", "2024-01", frame(), lineage={"run": "1"})
    lake.write_month("bars", "2024-02", frame(first=4), lineage={})
    first = lake.data_hash("bars")
    lake.write_month("bars", "2024-01", frame(), lineage={"run": "2"})
    assert lake.data_hash("bars") == first
    assert lake.data_hash("bars", ["2024-02", "2024-01"]) == first
    assert lake.data_hash("bars", ["2024-01"]) != first
    assert lake.data_hash("other") != lake.data_hash("bars", [])


def test_blobs_come_back_and_are_not_tables(lake: Lake) -> None:
    assert not lake.has_blob("features/abc/2024-03.npz")
    lake.write_blob("features/abc/2024-03.npz", b"\x00\n\xff")
    assert lake.read_blob("features/abc/2024-03.npz") == b"\x00\n\xff"
    assert lake.has_blob("features/abc/2024-03.npz")
    assert lake.tables() == ()
    with pytest.raises(DataNotFoundError):
        lake.read_blob("other")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "a/../b", ".hidden", "a\\b", "", "a b"])
def test_names_that_lead_elsewhere_are_refused(lake: Lake, name: str) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-012"):
        lake.write_blob(name, b"")
    with pytest.raises(DataValidationError, match="QTS-DATA-012"):
        lake.write_month(name, "2024-03", frame(), lineage={})


@pytest.mark.parametrize("month", ["2024-13", "2024-1", "../2024", "march", "2024-03-01"])
def test_what_is_no_month_is_refused(lake: Lake, month: str) -> None:
    with pytest.raises(DataValidationError, match="YYYY-MM"):
        lake.read_month("bars", month)


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_month("bars", "2024-03", frame(), lineage={"a": "1"})
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    lake.write_month("bars", "2024-03", frame(), lineage={"a": "1"})
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("place", [5, 100, -5])
def test_a_flipped_bit_is_corruption(tmp_path: Path, place: int) -> None:
    lake = Lake(tmp_path)
    lake.write_month("bars", "2024-03", frame(), lineage={})
    lake.write_blob("state", b"some bytes that matter, and more of them, " * 3)
    for file, read in (
        (next(tmp_path.glob("bars/*.parquet")), lambda: lake.read_month("bars", "2024-03")),
        (tmp_path / "blobs" / "state", lambda: lake.read_blob("state")),
    ):
        data = bytearray(file.read_bytes())
        data[place] ^= 1
        file.write_bytes(data)
        with pytest.raises(DataCorruptionError) as caught:
            read()
        assert caught.value.exit_code == 3


def test_a_missing_file_and_a_broken_manifest_are_corruption(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_month("bars", "2024-03", frame(), lineage={})
    next(tmp_path.glob("bars/*.parquet")).unlink()
    with pytest.raises(DataCorruptionError, match="no file"):
        lake.read("bars")
    (tmp_path / "bars" / "2024-03.json").write_text('{"version": 1}')
    with pytest.raises(DataCorruptionError, match="manifest"):
        lake.read("bars")


def test_a_crash_before_the_manifest_leaves_the_old_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    lake.write_month("bars", "2024-03", frame(), lineage={})
    write = lake.store.write

    def crash(name: str, data: bytes) -> None:
        if name.endswith(".json"):
            raise KeyboardInterrupt
        write(name, data)

    monkeypatch.setattr(lake.store, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        lake.write_month("bars", "2024-03", frame(5), lineage={})
    assert Lake(tmp_path).read_month("bars", "2024-03").equals(frame())
    assert list(tmp_path.rglob("*.part")) == []
