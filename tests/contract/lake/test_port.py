"""What the lake's port promises, on every store."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.market.errors import (
    DataConflictError,
    DataCorruptionError,
    DataNotFoundError,
    DataValidationError,
    ExitCode,
)
from tests.contract.lake.conftest import OpenLake
from tests.support.lakes import MONTH, TABLE, bars, instant

FIRST = bars([("A", 0, 1, 10.0), ("B", 0, 1, 20.0), ("A", 1, 2, 11.0)])
LATER = bars([("A", 0, 3, 10.5), ("B", 1, 2, 21.0)])


def written(lake: Lake) -> Lake:
    lake.write_month(TABLE, MONTH, FIRST, lineage={"source": "first.csv"})
    return lake


def test_appended_rows_follow_those_that_were_there(lake: Lake, open_lake: OpenLake) -> None:
    grown = written(lake).append_month(TABLE, MONTH, LATER, lineage={"source": "later.csv"})
    assert open_lake().read_month(TABLE, MONTH).equals(pl.concat([FIRST, LATER]))
    assert (grown.rows, len(grown.segments)) == (5, 2)
    assert [dict(s.lineage) for s in grown.segments] == [{"source": "first.csv"}, {"source": "later.csv"}]
    assert dict(grown.lineage) == {"source": "first.csv | later.csv"}
    assert grown.bytes == sum(s.bytes for s in grown.segments)
    assert open_lake().partition(TABLE, MONTH) == grown


def test_appending_never_touches_the_files_that_were_there(lake: Lake) -> None:
    before = written(lake).partition(TABLE, MONTH)
    assert before is not None
    file = f"{TABLE}/{before.segments[0].file}"
    content = lake.store.read(file)
    lake.append_month(TABLE, MONTH, LATER, lineage={})
    assert lake.store.read(file) == content


def test_a_month_can_begin_with_an_append(lake: Lake) -> None:
    lake.append_month(TABLE, MONTH, FIRST, lineage={})
    assert lake.read_month(TABLE, MONTH).equals(FIRST)


def test_appending_nothing_or_the_same_again_changes_nothing(lake: Lake) -> None:
    grown = written(lake).append_month(TABLE, MONTH, LATER, lineage={})
    assert lake.append_month(TABLE, MONTH, LATER, lineage={"another": "run"}) == grown
    assert lake.append_month(TABLE, MONTH, LATER.clear(), lineage={}) == grown


def test_rows_of_other_columns_are_not_appended(lake: Lake) -> None:
    written(lake)
    with pytest.raises(DataValidationError, match="QTS-DATA-014") as caught:
        lake.append_month(TABLE, MONTH, LATER.with_columns(volume=pl.lit(1.0)), lineage={})
    assert "volume" in caught.value.line()
    assert lake.read_month(TABLE, MONTH).equals(FIRST)


@pytest.mark.parametrize(
    ("moment", "closes"),
    [
        (0, {}),
        (1, {("A", 0): 10.0, ("B", 0): 20.0}),
        (2, {("A", 0): 10.0, ("B", 0): 20.0, ("A", 1): 11.0, ("B", 1): 21.0}),
        (3, {("A", 0): 10.5, ("B", 0): 20.0, ("A", 1): 11.0, ("B", 1): 21.0}),
    ],
)
def test_reading_as_of_a_moment_gives_what_was_known_then(
    lake: Lake, moment: int, closes: dict[tuple[str, int], float]
) -> None:
    written(lake).append_month(TABLE, MONTH, LATER, lineage={})
    found = lake.read_as_of(TABLE, instant(moment))
    assert {(s, e): c for s, e, c in found.select("symbol", "ts_event", "close").iter_rows()} == {
        (symbol, instant(bar)): close for (symbol, bar), close in closes.items()
    }
    assert found.equals(found.sort("ts_event", "symbol"))


def test_of_two_words_at_the_same_instant_the_one_written_last_counts(lake: Lake) -> None:
    written(lake).append_month(TABLE, MONTH, bars([("A", 0, 1, 99.0)]), lineage={})
    assert lake.read_as_of(TABLE, instant(1)).filter(pl.col("symbol") == "A")["close"].to_list() == [99.0]


def test_a_moment_without_a_zone_is_refused(lake: Lake) -> None:
    with pytest.raises(DataValidationError, match="time zone"):
        written(lake).read_as_of(TABLE, datetime(2024, 3, 4))


def test_compaction_changes_no_answer_and_no_identity(lake: Lake, open_lake: OpenLake) -> None:
    before = written(lake).append_month(TABLE, MONTH, LATER, lineage={"source": "later.csv"})
    whole, views = lake.read_month(TABLE, MONTH), [lake.read_as_of(TABLE, instant(t)) for t in range(4)]
    hashed = lake.data_hash(TABLE)
    after = lake.compact_month(TABLE, MONTH)
    assert len(after.segments) == 1
    assert (after.sha256, after.rows, after.lineage) == (before.sha256, before.rows, before.lineage)
    again = open_lake()
    assert again.read_month(TABLE, MONTH).equals(whole)
    assert [again.read_as_of(TABLE, instant(t)).equals(view) for t, view in enumerate(views)] == [True] * 4
    assert again.data_hash(TABLE) == hashed
    assert again.compact_month(TABLE, MONTH) == after


def test_what_was_compacted_and_is_written_again_keeps_its_identity(lake: Lake) -> None:
    grown = written(lake).append_month(TABLE, MONTH, LATER, lineage={})
    lake.compact_month(TABLE, MONTH)
    again = lake.write_month(TABLE, MONTH, pl.concat([FIRST, LATER]), lineage={})
    assert again.sha256 == grown.sha256


def test_every_change_of_content_changes_the_hash(lake: Lake) -> None:
    hashes = [lake.data_hash(TABLE)]
    written(lake)
    hashes.append(lake.data_hash(TABLE))
    lake.append_month(TABLE, MONTH, LATER, lineage={})
    hashes.append(lake.data_hash(TABLE))
    lake.append_month(TABLE, MONTH, bars([("C", 0, 1, 1.0)]), lineage={})
    hashes.append(lake.data_hash(TABLE))
    lake.write_month(TABLE, MONTH, LATER, lineage={})
    hashes.append(lake.data_hash(TABLE))
    assert len(set(hashes)) == 5


def test_a_month_that_was_never_written_cannot_be_compacted(lake: Lake) -> None:
    with pytest.raises(DataNotFoundError, match="QTS-DATA-013"):
        lake.compact_month(TABLE, MONTH)


def test_a_writer_who_expected_another_month_is_refused(lake: Lake, open_lake: OpenLake) -> None:
    seen = written(lake).partition(TABLE, MONTH)
    assert seen is not None
    open_lake().append_month(TABLE, MONTH, LATER, lineage={}, expected_sha256=seen.sha256)
    for write in (lake.append_month, lake.write_month):
        with pytest.raises(DataConflictError, match="QTS-DATA-041") as caught:
            write(TABLE, MONTH, bars([("C", 0, 1, 1.0)]), lineage={}, expected_sha256=seen.sha256)
        assert caught.value.exit_code is ExitCode.ANOTHER_INSTANCE
    with pytest.raises(DataConflictError):
        lake.write_month(TABLE, MONTH, FIRST, lineage={}, expected_sha256="")
    assert lake.read_month(TABLE, MONTH).equals(pl.concat([FIRST, LATER]))
    lake.append_month(TABLE, "2024-04", FIRST, lineage={}, expected_sha256="")


def test_writing_a_damaged_month_again_mends_it(lake: Lake) -> None:
    partition = written(lake).partition(TABLE, MONTH)
    assert partition is not None
    file = f"{TABLE}/{partition.segments[0].file}"
    lake.store.write(file, b"damaged")
    lake.write_month(TABLE, MONTH, FIRST, lineage=partition.lineage)
    assert lake.read_month(TABLE, MONTH).equals(FIRST)
    lake.store.write(f"{TABLE}/{MONTH}.json", b"damaged")
    with pytest.raises(DataCorruptionError):
        lake.append_month(TABLE, MONTH, LATER, lineage={})
    lake.write_month(TABLE, MONTH, FIRST, lineage={})
    assert lake.read_month(TABLE, MONTH).equals(FIRST)


def test_the_manifest_of_another_month_is_not_believed(lake: Lake) -> None:
    text = written(lake).store.read(f"{TABLE}/{MONTH}.json")
    assert text is not None
    lake.store.write(f"{TABLE}/2024-04.json", text.replace(b"2024-03", b"2024-04"))
    with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
        lake.read_month(TABLE, "2024-04")


def test_a_reader_whose_files_were_replaced_and_collected_reads_the_new_ones(
    lake: Lake, open_lake: OpenLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a reader's look at the manifest and its look at the file, the month is replaced and the file deleted."""
    partition = written(lake).partition(TABLE, MONTH)
    assert partition is not None
    old, slow = f"{TABLE}/{partition.segments[0].file}", open_lake()
    read = slow.store.read

    def replaced_meanwhile(name: str) -> bytes | None:
        if name == old and lake.store.has(old):
            lake.write_month(TABLE, MONTH, LATER, lineage={})
            lake.store.delete(old)
        return read(name)

    monkeypatch.setattr(slow.store, "read", replaced_meanwhile)
    assert slow.read_month(TABLE, MONTH).equals(LATER)
