"""Champion and shadow by what came of their live scores, a block of the horizon at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import spearmanr

from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline
from qts_core.ports.live_predictions import LivePrediction
from qts_core.research.live_comparison import compare_live

LINE = Timeline.between(xnys(), date(2024, 5, 1), date(2024, 6, 28))
SYMBOLS = tuple(f"S{i:02d}" for i in range(30))
HORIZON = 26


def session(skill: float, seed: int = 1) -> Iterator[LivePrediction]:
    """Yield a record a bar; the shadow knows a part of what comes, the champion nothing."""
    rng = np.random.default_rng(seed)
    price = 100.0 * np.exp(np.cumsum(0.002 * rng.standard_normal((len(LINE), len(SYMBOLS))), axis=0))
    for row in range(len(LINE)):
        ahead = price[min(row + HORIZON, len(LINE) - 1)] / price[row] - 1.0
        noise = rng.standard_normal((2, len(SYMBOLS))) * 0.01
        yield LivePrediction(
            int(LINE.ts_event[row]), "m-1", "m-2", "challenger", (HORIZON, HORIZON), SYMBOLS, price[row], noise[0],
            noise[1] + skill * ahead,
        )  # fmt: skip


def test_each_block_is_judged_by_its_first_bar_and_what_came_of_it() -> None:
    records = list(session(1.0))
    (found,) = compare_live(records, alpha=0.05)
    # 41 sessions of 26 bars: the last has no outcome.
    assert (found.bars, found.test.n) == (len(LINE), 40)
    expected = []
    for row in range(0, 40 * HORIZON, HORIZON):
        moved = records[row + HORIZON].price / records[row].price - 1.0
        scores = records[row].champion_score, records[row].shadow_score
        expected.append([spearmanr(score, moved).statistic for score in scores])
    np.testing.assert_allclose(found.rank_ic, np.mean(expected, axis=0), rtol=1e-12)
    assert found.test.mean == pytest.approx(float(np.diff(expected, axis=1).mean()))


def test_a_skilful_shadow_is_found_and_a_blind_one_is_not() -> None:
    (good,), (blind,) = compare_live(list(session(2.0)), alpha=0.05), compare_live(list(session(0.0)), alpha=0.05)
    assert good.test.is_decided
    assert good.test.sentence.startswith("better by")
    assert not blind.test.is_decided


def test_the_later_of_two_records_of_a_bar_counts_and_bars_that_are_missing_shift_nothing() -> None:
    records = list(session(1.0))
    wrong = [replace(each, shadow_score=-each.shadow_score) for each in records]
    (found,), (expected,) = compare_live([*wrong, *records], alpha=0.05), compare_live(records, alpha=0.05)
    assert found == expected
    # Bar 52 is what came of bar 26, so the second block begins at 27, the third at 53; 1,066 bars hold 38 from there.
    (gap,) = compare_live(records[:52] + records[53:], alpha=0.05)
    assert gap.test.n == 2 + 38
    assert gap.bars == len(records) - 1


def test_pairs_are_kept_apart_and_a_single_bar_says_nothing() -> None:
    records = list(session(1.0))
    other = [replace(each, shadow="m-3", alias="shadow") for each in records[:1]]
    found = compare_live([*records, *other], alpha=0.05)
    assert [(each.shadow, each.test.n) for each in found] == [("m-2", 40), ("m-3", 0)]
    assert found[1].to_json()["rank_ic"] == [None, None]
    assert json.loads(json.dumps(found[1].to_json(), allow_nan=False))["result"] == "nothing to compare yet"
    assert compare_live((), alpha=0.05) == ()


def test_a_record_travels_through_its_note_unchanged() -> None:
    record = next(session(1.0))
    record.price[3] = np.nan
    again = LivePrediction.from_text(json.dumps(record.to_body(), allow_nan=False))
    for name in ("price", "champion_score", "shadow_score"):
        np.testing.assert_array_equal(getattr(again, name), getattr(record, name))
    assert (again.ts_event, again.alias, again.horizons) == (record.ts_event, record.alias, record.horizons)
