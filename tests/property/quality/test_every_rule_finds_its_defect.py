"""Each rule finds a defect planted into sound bars, and no other rule speaks; the order of rows does not matter."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.data.quality.report import QualityReport, check_bars
from qts_core.data.quality.rules import RULES
from qts_core.data.schemas import PRICES
from qts_core.market.calendar import xnys
from tests.property.quality.planting import NOW, PLANTERS, Planted, sound

QUIET = "outlier"
"""Sound bars have moves beyond five sigmas too, and a planted one may make more."""
ONLY_CLEANING = {"duplicate_conflicting", "off_grid", "price_jump"}
ELSEWHERE = {"wrong_zone", "ohlc_order_share", "adjustment_inconsistent"}
"""Broken by a whole file, or by a column that bars do not have; they have their own tests."""


def judged(found: Planted) -> QualityReport:
    return check_bars(found.bars, calendar=xnys(), now=NOW, actions=found.actions)


def names(report: QualityReport) -> set[str]:
    return {f.rule for f in report.findings} - {QUIET}


def test_sound_bars_break_no_rule() -> None:
    bars = sound().drop("day", "session")
    assert names(check_bars(bars, calendar=xnys(), now=NOW)) == set()


@pytest.mark.parametrize("name", PLANTERS)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_planted_defect_is_found_and_nothing_else(name: str, seed: int) -> None:
    found = PLANTERS[name](np.random.default_rng(seed))
    assert names(judged(found)) == found.rules


def test_every_rule_of_check_bars_is_planted_somewhere() -> None:
    planted = {
        rule for plant in PLANTERS.values() for seed in range(4) for rule in plant(np.random.default_rng(seed)).rules
    }
    assert planted | ONLY_CLEANING | ELSEWHERE | {QUIET} == set(RULES)


@settings(max_examples=10)
@given(name=st.sampled_from(sorted(PLANTERS)), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(name: str, seed: int) -> None:
    found = PLANTERS[name](np.random.default_rng(seed))
    shuffled = Planted(found.bars.sample(fraction=1.0, shuffle=True, seed=seed), found.rules, found.actions)
    first, second = judged(found), judged(shuffled)
    apart = [f.to_dict() for f in first.findings if f.rule != "unsorted"]
    assert [f.to_dict() for f in second.findings if f.rule != "unsorted"] == apart
    assert first.coverage.equals(second.coverage)
    for one in first.findings:
        other = second.finding(one.rule)
        assert other is not None
        assert one.rule == "unsorted" or one.places.equals(other.places)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.001, 0.9))
def test_a_value_that_is_no_number_never_passes(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    bars = sound().drop("day", "session")
    column = str(rng.choice([*PRICES, "volume"]))
    spoilt = pl.Series(rng.random(bars.height) < share)
    value = rng.choice(np.array([np.nan, np.inf, -np.inf]))
    given_bars = bars.with_columns(pl.when(spoilt).then(pl.lit(float(value))).otherwise(pl.col(column)).alias(column))
    report = check_bars(given_bars, calendar=xnys())
    if spoilt.any():
        finding = report.finding("not_finite")
        assert finding is not None
        assert finding.count == spoilt.sum()
