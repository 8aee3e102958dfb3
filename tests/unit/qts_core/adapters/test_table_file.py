"""A file for others is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from qts_core.adapters.table_file import write_table_file
from qts_core.market.errors import DataConnectionError, InvalidConfigError

FRAMES = [pl.DataFrame({"symbol": ["A", "B"], "x": [0.1, None]}), pl.DataFrame({"symbol": ["C"], "x": [1 / 3]})]


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_what_is_written_reads_back_bit_for_bit(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_table_file(path, iter(FRAMES), about={"as_of": "then"}) == 3
    read = pl.read_parquet(path) if name.endswith("parquet") else pl.read_csv(path)
    assert_frame_equal(read, pl.concat(FRAMES))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_parquet_says_what_it_is(tmp_path: Path) -> None:
    write_table_file(tmp_path / "out.parquet", FRAMES, about={"as_of": "then"})
    metadata = pq.read_schema(tmp_path / "out.parquet").metadata
    assert json.loads(metadata[b"qts"]) == {"as_of": "then"}


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_a_source_that_fails_on_the_way_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("before")

    def breaks() -> Iterator[pl.DataFrame]:
        yield FRAMES[0]
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError):
        write_table_file(path, breaks(), about={}, is_replacing=True)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_other_endings_files_that_are_there_and_missing_folders_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"QTS-CLI-001.*\.parquet or \.csv"):
        write_table_file(tmp_path / "out.xlsx", FRAMES, about={})
    (tmp_path / "out.csv").write_text("before")
    with pytest.raises(InvalidConfigError, match=r"QTS-CLI-001.*there already.*--force"):
        write_table_file(tmp_path / "out.csv", FRAMES, about={})
    with pytest.raises(DataConnectionError, match=r"QTS-DATA-001.*No such file"):
        write_table_file(tmp_path / "no" / "out.csv", FRAMES, about={})
