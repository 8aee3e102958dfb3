"""Chart patterns: drawn from scratch on the bars up to each bar, and planted where they must be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qts_core.features import Catalogue
from qts_core.features.block import FeatureBlock
from qts_core.features.catalogue import chart_patterns
from qts_core.features.engine import FeatureEngine
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from tests.golden.features.drawn import PATTERNS, Drawing, alternating, completions, way_to_target
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(chart_patterns.FEATURES)
SWING, HORIZON = 5, 130


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


@pytest.fixture(scope="module")
def drawings(market: Market) -> dict[tuple[int, str], dict[int, Drawing]]:
    """Return what each symbol's bars complete, by symbol and pattern."""
    found = {}
    for b in market.bars:
        points = [alternating(b, t, SWING) for t in range(len(b.close))]
        found.update({(id(b), p): completions(b, p, points) for p in PATTERNS})
    return found


def known(b: Any, values: list[float]) -> Any:
    """Leave out the bars before the first swing could have been confirmed."""
    return np.where(np.arange(len(values)) < 2 * SWING, np.nan, values)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_those_drawn_from_scratch_at_each_bar(
    pattern: str,
    agree: Callable[..., None],
    market: Market,
    drawings: dict[tuple[int, str], dict[int, Drawing]],
) -> None:
    def of(b: Any) -> dict[int, Drawing]:
        return drawings[id(b), pattern]

    def signal(b: Any) -> Any:
        return known(b, [of(b)[t].direction if t in of(b) else 0.0 for t in range(len(b.close))])

    def age(b: Any) -> Any:
        last = [max((start for start in of(b) if start <= t), default=-HORIZON) for t in range(len(b.close))]
        return known(b, [min(t - start, HORIZON) for t, start in enumerate(last)])

    def target(b: Any) -> Any:
        return known(b, [way_to_target(b, of(b), t, HORIZON) for t in range(len(b.close))])

    assert sum(len(of(b)) for b in market.bars) >= 5, "hardly any: the comparison would say little"
    agree(f"tech_{pattern}_5_signal", signal)
    agree(f"tech_{pattern}_130_age", age)
    agree(f"tech_{pattern}_130_target", target)


def path(*corners: tuple[int, float]) -> Floats:
    """Return straight lines between corners (bar, price)."""
    bars, prices = zip(*corners, strict=True)
    line: Floats = np.interp(np.arange(bars[-1] + 1), bars, prices)
    return np.round(line, 6)


def found(prices: Floats, name: str) -> Floats:
    """Return a feature on bars that open, close, top and bottom at one price."""
    rows = len(prices)
    line = Timeline.regular(np.arange(rows, dtype=np.int64) * 60_000_000)
    fields = dict.fromkeys(("open", "high", "low", "close"), prices[:, None])
    fields |= {"volume": np.ones((rows, 1)), "factor": np.ones((rows, 1))}
    panel = Panel(line, ("AAA",), fields)
    values = FeatureEngine(CATALOGUE, panel.symbols).push(FeatureBlock.of(panel, bar_minutes=1))
    each: Floats = values[CATALOGUE.names.index(name), :, 0]
    return each


def signals(prices: Floats, pattern: str) -> dict[int, float]:
    """Return the bars with a signal."""
    values = found(prices, f"tech_{pattern}_5_signal")
    return {int(t): float(values[t]) for t in np.flatnonzero(np.nan_to_num(values))}


TWO_TOPS = path((0, 95), (15, 80), (35, 100), (45, 90), (54, 99), (68, 85), (80, 97))
HEAD = path((0, 85), (15, 70), (35, 90), (45, 80), (65, 100), (85, 80), (95, 90), (110, 75), (120, 85))
SLOPING = path((0, 85), (15, 70), (35, 90), (45, 80), (65, 100), (83, 82), (92, 91), (106, 77), (120, 84))
RISING = path((0, 80), (20, 100), (40, 80), (60, 100), (70, 90), (90, 110))
FALLING = 200.0 - RISING
CONVERGING = path((0, 80), (20, 100), (40, 80), (55, 95), (64, 86), (80, 102))

PLANTED = [
    # The neckline is 90; the fall from 99 reaches 89 at its tenth bar.
    ("doubletop", TWO_TOPS, 64, -1.0),
    ("headshoulders", HEAD, 106, -1.0),
    # The line through the lows rises by 2/38 a bar: 82.89 at bar 100, where the close is 83; 82.95 at 101, 82 there.
    ("headshoulders", SLOPING, 101, -1.0),
    ("trianglerising", RISING, 81, 1.0),
    ("trianglefalling", FALLING, 81, -1.0),
    # The upper line falls by 1/7 a bar: 92.86 at bar 70, where the close is 92; 92.71 at 71, 93 there.
    ("trianglesymmetric", CONVERGING, 71, 1.0),
]


@pytest.mark.parametrize(("pattern", "prices", "bar", "direction"), PLANTED)
def test_a_planted_pattern_is_found_on_the_bar_that_completes_it_and_nowhere_else(
    pattern: str, prices: Floats, bar: int, direction: float
) -> None:
    assert signals(prices, pattern) == {bar: direction}
    reflected = {"trianglerising": "trianglefalling", "trianglefalling": "trianglerising"}.get(pattern, pattern)
    assert signals(200.0 - prices, reflected) == {bar: -direction}


def test_a_neckline_passed_before_the_second_top_is_confirmed_counts_when_it_is() -> None:
    prices = path((0, 95), (15, 80), (35, 100), (45, 90), (54, 99), (58, 83), (70, 84))
    assert prices[56] > 90.0 > prices[57]
    assert signals(prices, "doubletop") == {54 + SWING: -1.0}


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([(0, 95), (15, 80), (35, 100), (45, 90), (52, 97), (68, 81)], id="the tops differ by 30 %"),
        pytest.param([(0, 95), (5, 92), (25, 100), (45, 90), (54, 99), (68, 85)], id="no rise before"),
        pytest.param([(0, 95), (15, 80), (35, 100), (45, 90), (54, 99), (63, 90)], id="the low holds"),
    ],
)
def test_what_is_nearly_a_double_top_is_none(corners: list[tuple[int, float]]) -> None:
    assert signals(path(*corners), "doubletop") == {}


def test_a_double_top_is_at_work_until_its_target_is_touched() -> None:
    # Height 9, so the target is 81; the path falls to 79 by one a bar and 81 is touched at bar 72.
    prices = path((0, 95), (15, 80), (35, 100), (45, 90), (54, 99), (74, 79), (90, 95))
    way = found(prices, "tech_doubletop_130_target")
    at_work = np.flatnonzero(np.nan_to_num(way))
    np.testing.assert_array_equal(at_work, np.arange(64, 72))
    np.testing.assert_allclose(way[64:72], 81.0 / prices[64:72] - 1.0)
    age = found(prices, "tech_doubletop_130_age")
    np.testing.assert_array_equal(age[60:68], [HORIZON] * 4 + [0, 1, 2, 3])


def test_a_double_top_has_failed_when_a_close_passes_the_higher_top() -> None:
    prices = path((0, 95), (15, 80), (35, 100), (45, 90), (54, 99), (66, 87), (82, 103))
    at_work = np.flatnonzero(np.nan_to_num(found(prices, "tech_doubletop_130_target")))
    np.testing.assert_array_equal(at_work, np.arange(64, 80))
