"""A chunk is on disk whole and unchanged, or not at all."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.alpaca.history.stage import Stage

FRAME = pl.DataFrame({"a": [1.5, 2.5], "b": ["x", None]})


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage with one chunk."""
    made = Stage(tmp_path / "plan")
    made.keep("2024-01-000", FRAME)
    return made


def test_a_chunk_comes_back_as_it_was(stage: Stage) -> None:
    found = stage.load("2024-01-000")
    assert found is not None
    assert found.equals(FRAME)
    assert stage.has("2024-01-000")
    assert not any(stage.folder.glob("*.new"))


def test_an_empty_chunk_keeps_its_columns(stage: Stage) -> None:
    stage.keep("empty", FRAME.clear())
    found = stage.load("empty")
    assert found is not None
    assert found.schema == FRAME.schema


def test_what_is_not_there_is_not_there(stage: Stage) -> None:
    assert stage.load("2024-02-000") is None
    assert not stage.has("2024-02-000")


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_without_its_seal_or_its_bytes_a_chunk_does_not_count(stage: Stage, suffix: str) -> None:
    (stage.folder / f"2024-01-000.{suffix}").unlink()
    assert stage.load("2024-01-000") is None
    assert not stage.has("2024-01-000")


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_no_flipped_bit_passes(stage: Stage, suffix: str) -> None:
    path = stage.folder / f"2024-01-000.{suffix}"
    good = path.read_bytes()
    # The seal's sha256 is its first value; the row count after it is for people.
    for place in range(0, len(good) if suffix == "parquet" else good.index(b'", "rows') + 1, 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        assert stage.load("2024-01-000") is None
    path.write_bytes(good)
    assert stage.load("2024-01-000") is not None


def test_cleared_it_is_gone_and_may_be_cleared_again(stage: Stage) -> None:
    stage.clear()
    stage.clear()
    assert not stage.folder.exists()
