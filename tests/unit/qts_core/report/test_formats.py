"""How numbers are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.analytics.definitions import Unit
from qts_core.report.formats import (
    FORMATS,
    bps,
    count,
    decimals,
    dollars,
    percent,
    probability,
    short_decimals,
    short_dollars,
    short_percent,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.01234), "1.23 %"),
        (percent(-0.5, 0), "(50 %)"),
        (percent(-0.00001), "0.00 %"),
        (decimals(-1.005, 1), "(1.0)"),
        (decimals(1234.5), "1,234.50"),
        (dollars(-1234.6), "($1,235)"),
        (dollars(0.126, 2), "$0.13"),
        (short_dollars(100_000), "$100k"),
        (short_dollars(1_250_000), "$1.25M"),
        (short_dollars(-950), "($950)"),
        (short_percent(0.025), "2.5 %"),
        (short_percent(0.05), "5 %"),
        (short_percent(0.0), "0 %"),
        (short_percent(-0.1), "(10 %)"),
        (short_decimals(2.0), "2"),
        (short_decimals(-0.25), "(0.25)"),
        (short_decimals(1500.0), "1,500"),
        (count(1e6), "1,000,000"),
        (count(math.inf), "∞"),
        (bps(2.55), "2.5 bp"),
        (percent(math.nan), "–"),
        (decimals(-math.inf), "(∞)"),
        (probability(0.98712), "0.987"),
        (probability(0.99999), "> 0.999"),
        (probability(1e-9), "< 0.001"),
        (probability(0.0), "< 0.001"),
        (probability(1.0), "> 0.999"),
        (probability(math.nan), "–"),
    ],
)
def test_written(written: str, expected: str) -> None:
    assert written == expected


def test_every_unit_has_a_format() -> None:
    assert set(FORMATS) == set(Unit)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_is_written_with_a_minus_sign(value: float) -> None:
    for written in (percent(value), decimals(value), dollars(value), short_dollars(value), count(value), bps(value)):
        assert "-" not in written.replace("e-", "")
