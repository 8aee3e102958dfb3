"""Every declared target against its definition written out sample by sample, and against the future it may not see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib

from qts_core.config.models import TARGET_KINDS
from qts_core.market.panel import Panel
from qts_core.targets import MAKERS, TARGETS, Target, TargetKind, labels_for, parse_target
from qts_core.targets.paths import known_scale
from tests.unit.qts_core.targets.market_for_tests import altered, market

HORIZONS = {TargetKind.SHARPE: (5, 26)}
CASES = [Target(kind, bars) for kind in TargetKind for bars in HORIZONS.get(kind, (1, 10, 26))]
DOCUMENT = Path(__file__).parents[4] / "docs" / "concepts" / "models.md"


def name(target: Target) -> str:
    return target.name


@pytest.fixture(scope="module")
def panel() -> Panel:
    return market()


class Sample:
    """One bar of one symbol, with everything that definitions speak of, from lists and loops."""

    def __init__(self, panel: Panel, t: int, column: int, h: int) -> None:
        factor = panel["factor"][:, column]
        self.open, self.high, self.low, self.close = (
            panel[field][:, column] * factor for field in ("open", "high", "low", "close")
        )
        self.h, self.t, self.rows = h, t, len(factor)
        past = self.close[: t + 1]
        past = past[np.isfinite(past)]
        moves = np.diff(np.log(past))
        self.s = float(np.std(moves[-260:], ddof=1)) if len(moves) >= 260 else float("nan")
        there = np.isfinite(self.close[: t + 1])
        high, low, close = (x[: t + 1][there] for x in (self.high, self.low, self.close))
        known = there[t] and len(close) > 14
        self.atr = float(talib.ATR(high, low, close, 14)[-1] / close[-1]) if known else float("nan")
        if not there[t]:
            self.s = float("nan")
        inside = t + 1 + h < self.rows
        self.r = self.open[t + 1 + h] / self.open[t + 1] - 1 if inside else float("nan")
        opens = self.open[t + 1 : t + 2 + h]
        self.steps = [0.0] * (h + 1 - int(np.isfinite(opens).sum())) + list(np.diff(np.log(opens[np.isfinite(opens)])))
        before = self.close[: t - h + 1] if t >= h else np.array([])
        before, now = before[np.isfinite(before)], past
        self.before = now[-1] / before[-1] - 1 if len(before) and len(now) else float("nan")


def three_way(x: Sample) -> float:
    band = 0.5 * x.s * x.h**0.5
    return 2.0 if x.r > band else 0.0 if x.r < -band else 1.0


def trend(x: Sample, sign: float) -> float:
    band = 0.5 * x.s * x.h**0.5
    if not abs(x.before) > band:
        return float("nan")
    up = x.before > 0
    goal = up if sign > 0 else not up
    return float(x.r > band if goal else x.r < -band)


def sharpe(x: Sample) -> float:
    return float(np.mean(x.steps) / np.std(x.steps, ddof=1))


def state(x: Sample) -> float:
    if np.sqrt(np.mean(np.square(x.steps))) > 1.5 * x.s:
        return 3.0
    return 2.0 if x.r > x.s * x.h**0.5 else 0.0 if x.r < -x.s * x.h**0.5 else 1.0


def barriers(x: Sample) -> float:
    entry = x.open[x.t + 1] if x.t + 1 < x.rows else float("nan")
    if not np.isfinite(entry + x.s):
        return float("nan")
    floor, ceiling = entry * (1 - x.s * x.h**0.5), entry * (1 + x.s * x.h**0.5)
    for bar in range(x.t + 1, x.t + x.h + 1):
        if bar >= x.rows:
            return float("nan")
        if x.open[bar] >= ceiling:
            return 2.0
        if x.low[bar] <= floor:
            return 0.0
        if x.high[bar] >= ceiling:
            return 2.0
    return 1.0


DEFINITIONS: dict[TargetKind, Callable[[Sample], float]] = {
    TargetKind.RETURN: lambda x: x.r,
    TargetKind.DIRECTION: lambda x: float(x.r > 0),
    TargetKind.DIRECTION_FLAT: three_way,
    TargetKind.LARGE_MOVE: lambda x: float(abs(x.r) > x.atr * x.h**0.5),
    TargetKind.TREND_CONTINUATION: lambda x: trend(x, 1.0),
    TargetKind.REVERSAL: lambda x: trend(x, -1.0),
    TargetKind.RISK_ADJUSTED_RETURN: lambda x: x.r / (x.s * x.h**0.5),
    TargetKind.VOLATILITY: lambda x: float(np.sqrt(np.mean(np.square(x.steps)))),
    TargetKind.SHARPE: sharpe,
    TargetKind.POSITION_SIZE: lambda x: float(np.clip(x.r * x.s * x.h**0.5 / (2 * np.sum(np.square(x.steps))), -1, 1)),
    TargetKind.REGIME: state,
    TargetKind.EVENT: lambda x: float(np.max(np.abs(x.steps)) > 4 * x.s),
    TargetKind.TRIPLE_BARRIER: barriers,
}
NEEDS_S = {kind for kind, spec in TARGETS.items() if spec.looks_back and kind is not TargetKind.LARGE_MOVE}


@pytest.mark.parametrize("target", [c for c in CASES if c.kind is not TargetKind.RELATIVE_RETURN], ids=name)
def test_a_label_is_what_its_definition_says(panel: Panel, target: Target) -> None:
    values = labels_for(target, panel).values
    h, seen = target.horizon_bars, 0
    for t in [*range(0, 250, 31), *range(255, len(panel), 4)]:
        for column in range(len(panel.symbols)):
            x = Sample(panel, t, column, h)
            unknown = np.isnan(x.r) and target.kind is not TargetKind.TRIPLE_BARRIER
            unknown |= target.kind in NEEDS_S and np.isnan(x.s)
            unknown |= target.kind is TargetKind.LARGE_MOVE and np.isnan(x.atr)
            expected = float("nan") if unknown else DEFINITIONS[target.kind](x)
            assert values[t, column] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), (t, column)
            seen += np.isfinite(expected)
    assert seen > 40


@pytest.mark.parametrize("target", CASES, ids=name)
def test_bars_after_the_end_row_change_nothing_and_the_bar_at_it_does(panel: Panel, target: Target) -> None:
    labels = labels_for(target, panel)
    cut = 380
    ends_before = labels.end_row[:cut] < cut
    for other in (altered(panel, slice(cut, None)), panel.rows(slice(0, cut))):
        again = labels_for(target, other)
        before, after = labels.values[:cut][ends_before], again.values[:cut][ends_before]
        np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
        np.testing.assert_allclose(after, before, rtol=1e-12, equal_nan=True)
        np.testing.assert_array_equal(again.end_row[:cut][ends_before], labels.end_row[:cut][ends_before])


@pytest.mark.parametrize("target", CASES, ids=name)
def test_the_bar_at_the_end_row_counts(panel: Panel, target: Target) -> None:
    labels = labels_for(target, panel)
    changed = 0
    for cut in range(281, 390, 12):
        ends_there = (labels.end_row == cut) & np.isfinite(labels.values)
        for field, by in (("open", 3.0), ("open", 0.3), ("high", 3.0), ("low", 0.3)):
            fields = {**panel.fields, field: panel[field].copy()}
            fields[field][cut] *= by
            moved = labels_for(target, Panel(panel.timeline, panel.symbols, fields)).values
            changed += int((moved[ends_there] != labels.values[ends_there]).sum())
    assert changed > 0


@pytest.mark.parametrize("target", CASES, ids=name)
def test_no_label_ends_before_its_entry_or_beyond_its_horizon(panel: Panel, target: Target) -> None:
    labels = labels_for(target, panel)
    rows = np.arange(len(panel))[:, None]
    assert labels.end_row.dtype == np.int32
    assert labels.end_row.shape == labels.values.shape
    assert (labels.end_row > rows).all()
    assert (labels.end_row <= rows + target.horizon_bars + 1).all()
    known = np.isfinite(labels.values)
    assert (labels.end_row[known] < len(panel)).all()


@pytest.mark.parametrize("target", [c for c in CASES if not c.spec.looks_back], ids=name)
def test_a_label_that_does_not_look_back_uses_only_bars_after_its_own(panel: Panel, target: Target) -> None:
    honest, other = labels_for(target, panel).values, labels_for(target, altered(panel, slice(0, 300))).values
    np.testing.assert_array_equal(other[299:], honest[299:])


@pytest.mark.parametrize("target", CASES, ids=name)
def test_labels_lie_within_their_bounds_and_classes_are_whole(panel: Panel, target: Target) -> None:
    values = labels_for(target, panel).values
    found = values[np.isfinite(values)]
    assert found.min() >= target.spec.low
    assert found.max() <= target.spec.high
    if target.is_classification:
        assert set(found) <= {float(i) for i in range(len(target.spec.classes))}


@pytest.mark.parametrize("target", CASES, ids=name)
def test_who_is_not_a_member_has_no_label(panel: Panel, target: Target) -> None:
    members = np.ones(panel["close"].shape, dtype=bool)
    members[:, 0] = False
    members[350:, 1] = False
    values = labels_for(target, panel, members).values
    assert np.isnan(values[~members]).all()
    assert np.isfinite(values[:, 2]).any()


@pytest.mark.parametrize("kind", TargetKind)
def test_constant_prices_and_few_bars_give_no_surprise(panel: Panel, kind: TargetKind) -> None:
    bars = max(2, TARGETS[kind].fewest_bars)
    flat = Panel(panel.timeline, panel.symbols, {n: np.full(panel[n].shape, 50.0) for n in panel.fields})
    values = labels_for(Target(kind, bars), flat).values
    assert not np.isinf(values).any()
    short = labels_for(Target(kind, bars), panel.rows(slice(0, 2)))
    assert np.isnan(short.values).all()


def test_the_scale_is_the_one_of_talib_and_numpy(panel: Panel) -> None:
    scale = known_scale(panel)
    for t in (20, 259, 270, 330, 400):
        for column in range(3):
            x = Sample(panel, t, column, 1)
            assert scale.atr[t, column] == pytest.approx(x.atr, rel=1e-9, nan_ok=True)
            assert scale.deviation[t, column] == pytest.approx(x.s, rel=1e-9, nan_ok=True)


def test_every_kind_is_declared_made_configurable_and_documented() -> None:
    assert set(MAKERS) == set(TARGETS) == set(TargetKind)
    assert tuple(kind.value for kind in TargetKind) == TARGET_KINDS
    page = DOCUMENT.read_text(encoding="utf-8")
    for kind, spec in TARGETS.items():
        assert f"`{kind.value}_" in page, kind
        assert all(f"{i} {word}" in page for i, word in enumerate(spec.classes) if len(spec.classes) > 2), kind


@pytest.mark.parametrize("target", CASES, ids=name)
def test_a_target_is_found_by_its_name(target: Target) -> None:
    assert parse_target(target.name) == target


def test_a_regime_needs_no_horizon_and_a_sharpe_ratio_needs_five_bars() -> None:
    from qts_core.market.errors import InvalidConfigError

    assert parse_target("regime") == Target(TargetKind.REGIME, 26)
    with pytest.raises(InvalidConfigError, match="too short"):
        parse_target("sharpe_4bar")
