"""Flags are bits that mean one thing each."""

from __future__ import annotations

import polars as pl

from qts_core.data.quality.flags import FLAG_DOCS, BarFlag, flag_counts, has_flag, real_bars


def test_every_flag_is_one_bit_and_is_explained() -> None:
    assert [int(flag) for flag in BarFlag] == [2**i for i in range(len(BarFlag))]
    assert set(FLAG_DOCS) == set(BarFlag)
    assert BarFlag.ZERO_VOLUME.label == "zero_volume"


def test_flags_are_counted_and_filled_bars_told_apart() -> None:
    frame = pl.DataFrame({"flags": [0, 1, 2, 6, 66]}, schema={"flags": pl.UInt32})
    assert flag_counts(frame) == {"filled": 1, "outlier": 3, "suspected_split": 1, "late": 1}
    assert frame.filter(has_flag(BarFlag.LATE))["flags"].to_list() == [66]
    assert real_bars(frame)["flags"].to_list() == [0, 2, 6, 66]
    assert real_bars(frame.drop("flags")).height == frame.height
