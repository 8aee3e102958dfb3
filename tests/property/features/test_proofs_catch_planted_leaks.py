"""The proofs themselves: each planted fault is caught, an honest feature beside it is not accused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from qts_core.features.audit import Subject, failing
from qts_core.features.audit.causality import (
    chunking_faults,
    look_ahead_faults,
    neighbour_faults,
    symbol_order_faults,
)
from qts_core.market.panel import Floats, Panel
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
Feature = Callable[[Panel], Floats]


def linked(panel: Panel) -> Floats:
    return panel["close"] * panel["factor"]


def honest(panel: Panel) -> Floats:
    close = linked(panel)
    out = np.full_like(close, np.nan)
    out[1:] = close[1:] / close[:-1] - 1.0
    return out


def next_bar(panel: Panel) -> Floats:
    close = linked(panel)
    out = np.full_like(close, np.nan)
    out[:-1] = close[1:] / close[:-1] - 1.0
    return out


def centred_window(panel: Panel) -> Floats:
    close = linked(panel)
    out = np.full_like(close, np.nan)
    out[2:-2] = sum(close[i : len(close) - 4 + i] for i in range(5)) / 5.0
    return out


def full_sample_normalisation(panel: Panel) -> Floats:
    close = linked(panel)
    spread: Floats = np.nanstd(close, axis=0)
    out: Floats = (close - np.nanmean(close, axis=0)) / spread
    return out


def hour_before_it_has_closed(panel: Panel) -> Floats:
    """The close of the hour, already on its first bar."""
    close, line = linked(panel), panel.timeline
    hour = line.session.astype(np.int64) * 100 + line.slot // 4
    last = np.searchsorted(hour, hour, side="right") - 1
    at_the_end: Floats = close[last]
    return at_the_end


def session_high_at_the_open(panel: Panel) -> Floats:
    close = linked(panel)
    out = np.empty_like(close)
    for _, rows in panel.timeline.session_rows():
        out[rows] = np.max(np.nan_to_num(close[rows]), axis=0)
    return out


def filled_from_the_future(panel: Panel) -> Floats:
    close = linked(panel).copy()
    for row in range(len(close) - 2, -1, -1):
        close[row] = np.where(np.isnan(close[row]), close[row + 1], close[row])
    return close


def adjusted_for_later_splits(panel: Panel) -> Floats:
    adjusted: Floats = linked(panel) / panel["factor"][-1]
    return adjusted


def swing_on_its_own_bar(panel: Panel) -> Floats:
    """A swing high drawn where it stood, as charts do, not where it became known."""
    close = linked(panel)
    out = np.zeros_like(close)
    for row in range(2, len(close) - 2):
        out[row] = close[row] >= np.max(np.nan_to_num(close[row - 2 : row + 3]), axis=0)
    return out


def survivors_only(panel: Panel) -> Floats:
    """A mean over the symbols that still trade at the end."""
    close = linked(panel)
    alive = ~np.isnan(close[-20:]).any(axis=0)
    return np.where(alive, close, np.nan)


LEAKS = (
    next_bar,
    centred_window,
    full_sample_normalisation,
    hour_before_it_has_closed,
    session_high_at_the_open,
    filled_from_the_future,
    adjusted_for_later_splits,
    swing_on_its_own_bar,
    survivors_only,
)


def subject(feature: Feature) -> Subject:
    """Return a subject of an honest feature and the one to be caught."""

    def compute(panel: Panel, cuts: Sequence[int]) -> Floats:
        return np.stack([honest(panel), feature(panel)])

    return Subject(("honest", "planted"), compute)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda f: f.__name__)
def test_a_planted_look_ahead_is_caught_and_an_honest_feature_is_not_accused(leak: Feature) -> None:
    faults = {
        name
        for row in (333, 402, 620, 1001)
        for name in failing(look_ahead_faults(subject(leak), PANEL, row, np.random.default_rng(1)))
    }
    assert faults == {"planted"}


def test_a_value_that_depends_on_the_cut_is_caught() -> None:
    def compute(panel: Panel, cuts: Sequence[int]) -> Floats:
        # A warm-up tail that is too short: each piece starts its exponential mean anew.
        close = np.nan_to_num(linked(panel))
        out = np.empty_like(close)
        for first, last in zip([0, *cuts], [*cuts, len(close)], strict=True):
            mean = close[first]
            for row in range(first, last):
                mean = mean + 0.1 * (close[row] - mean)
                out[row] = mean
        return np.stack([honest(panel), out])

    assert failing(chunking_faults(Subject(("honest", "planted"), compute), PANEL, [200, 700])) == ("planted",)


def test_a_value_that_depends_on_the_place_of_the_symbol_is_caught() -> None:
    def first_column(panel: Panel) -> Floats:
        close = linked(panel)
        return close - close[:, :1]

    assert failing(symbol_order_faults(subject(first_column), PANEL, np.random.default_rng(3))) == ("planted",)


def test_a_time_series_value_that_sees_another_symbol_is_caught() -> None:
    def market(panel: Panel) -> Floats:
        close = linked(panel)
        rest: Floats = close - np.nan_to_num(close).sum(axis=1, keepdims=True)
        return rest

    assert failing(neighbour_faults(subject(market), PANEL, np.random.default_rng(3))) == ("planted",)
