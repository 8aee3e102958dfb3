"""Hot months stay in memory: bounded by bytes, never stale, never changed by those who were given them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.cache import FrameCache, shared_cache
from tests.support.lakes import MONTH, TABLE, bars


def numbers(first: int, count: int = 100) -> pl.DataFrame:
    """Return a frame of 8 bytes a row."""
    return pl.DataFrame({"n": range(first, first + count)})


def test_the_least_recently_used_goes_first() -> None:
    cache = FrameCache(max_bytes=2000)
    for name in ("a", "b"):
        cache.put(name, numbers(0))
    assert cache.get("a") is not None
    cache.put("c", numbers(0))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert (len(cache), cache.bytes) == (2, 1600)


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cache = FrameCache(max_bytes=100)
    cache.put("a", numbers(0))
    assert (len(cache), cache.bytes, cache.get("a")) == (0, 0, None)


def test_a_month_is_read_once(tmp_path: Path) -> None:
    cache = FrameCache(10**6)
    lake = Lake(tmp_path, cache=cache)
    frame = bars([("A", 0, 1, 10.0)])
    partition = lake.write_month(TABLE, MONTH, frame, lineage={})
    assert lake.read_month(TABLE, MONTH).equals(frame)
    (tmp_path / TABLE / partition.segments[0].file).unlink()
    assert lake.read_month(TABLE, MONTH).equals(frame)
    assert lake.read(TABLE).equals(frame)


def test_new_content_is_never_answered_from_memory(tmp_path: Path) -> None:
    lake, other = Lake(tmp_path, cache=FrameCache(10**6)), Lake(tmp_path)
    for close in (1.0, 2.0):
        other.write_month(TABLE, MONTH, bars([("A", 0, 1, close)]), lineage={})
        assert lake.read_month(TABLE, MONTH)["close"].to_list() == [close]


def test_who_changes_a_frame_changes_it_for_nobody_else(tmp_path: Path) -> None:
    lake = Lake(tmp_path, cache=FrameCache(10**6))
    lake.write_month(TABLE, MONTH, bars([("A", 0, 1, 10.0)]), lineage={})
    for _ in range(2):
        frame = lake.read_month(TABLE, MONTH)
        frame.replace_column(3, pl.Series("close", [-1.0]))
        frame.extend(bars([("B", 0, 1, 1.0)]))
        frame[0, "symbol"] = "Z"
    assert lake.read_month(TABLE, MONTH).equals(bars([("A", 0, 1, 10.0)]))


def test_a_process_has_one_cache_or_none() -> None:
    shared_cache.cache_clear()
    assert shared_cache(0) is None
    assert shared_cache(1000) is shared_cache(1000)
    shared_cache.cache_clear()
