"""The monitor: what it restricts, what it measures, and that a restart changes nothing."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pytest

from qts_core.config.risk import RiskSettings
from qts_core.config.settings import Settings
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.risk.kill import Trigger
from qts_core.risk.measuring import measure
from qts_core.risk.monitor import RiskMonitor, RiskView
from qts_core.risk.monitor_settings import MonitorSettings, checked_limits, monitor_settings, stricter_losses
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.risk.volatility_brake import BrakeSettings
from tests.support.decision_market import instruments

BREADTH = 6
INSTRUMENTS = instruments(BREADTH)


def market(*, volatility: float = 0.002, common: float = 0.0, missing: float = 0.0, seed: int = 1) -> Panel:
    """Return eight weeks of bars; the first two symbols share `common` of their moves."""
    rng = np.random.default_rng(seed)
    line = Timeline.between(xnys(), date(2024, 1, 2), date(2024, 2, 29))
    moves = rng.normal(0.0, volatility, (len(line), BREADTH))
    moves[:, 1] = math.sqrt(common) * moves[:, 0] + math.sqrt(1.0 - common) * moves[:, 1]
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    close[rng.random(close.shape) < missing] = np.nan
    fields = dict.fromkeys(("open", "high", "low", "close"), close)
    fields |= {"volume": np.where(np.isnan(close), np.nan, 1_000.0), "factor": np.ones_like(close)}
    return Panel(line, tuple(item.symbol for item in INSTRUMENTS), fields)


def follow(monitor: RiskMonitor, bars: Panel, weight: Floats, equity: Floats | None = None) -> list[RiskView]:
    worth = np.full(len(bars), 1e5) if equity is None else equity
    return [monitor.observe(BarSlice.of(bars, row), weight, float(worth[row])) for row in range(len(bars))]


EQUAL = np.full(BREADTH, 0.15)
STRICT = MonitorSettings(
    is_correlation_enforced=True, var_limit=0.01, rapid_decline_limit=0.03,
    brake=BrakeSettings(threshold=30.0, severe=60.0, target_volatility=0.15),
)  # fmt: skip


def test_by_default_everything_is_measured_and_nothing_restricted() -> None:
    for view in follow(RiskMonitor(MonitorSettings(), INSTRUMENTS, 1e5), market(volatility=0.02), EQUAL):
        assert (view.verdicts, view.scale, view.gross_cap, view.clusters, view.triggers) == (
            (),
            1.0,
            math.inf,
            None,
            (),
        )
        assert not view.is_reduce_only


def test_symbols_that_move_together_are_found_at_the_next_review() -> None:
    view = follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), market(common=0.9), EQUAL)[-1]
    assert view.clusters is not None
    assert view.clusters.index.tolist() == [0, 0, 1, 2, 3, 4]


def test_a_value_at_risk_over_its_limit_allows_reducing_only() -> None:
    quiet = follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), market(volatility=0.001), EQUAL)[-1]
    assert not quiet.is_reduce_only
    wild = follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), market(volatility=0.01), EQUAL)[-1]
    assert wild.is_reduce_only
    (verdict,) = (v for v in wild.verdicts if not v.is_allowed)
    assert (verdict.name, verdict.limit) == ("limit.var", 0.01)
    # Six independent positions of 15 % that move by 1 % a bar: 1.645 * 0.01 * 0.15 * root(6 * 26) a day.
    assert verdict.value == pytest.approx(1.645 * 0.01 * 0.15 * math.sqrt(6 * 26), rel=0.2)


def test_a_wild_market_cuts_sizes_and_the_gross_cap() -> None:
    view = follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), market(volatility=0.01), EQUAL)[-1]
    assert view.scale < 1.0
    assert view.gross_cap < 1.0
    assert {v.name for v in view.verdicts if v.is_allowed} == {"market.volatility", "market.cash"}


def test_a_rapid_decline_asks_for_the_kill_switch_at_its_bar() -> None:
    bars = market()
    equity = np.full(len(bars), 1e5)
    equity[200:] = 96_900.0
    views = follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), bars, EQUAL, equity)
    assert [row for row, view in enumerate(views) if view.triggers] == [200, 201, 202, 203]
    assert views[200].triggers == (Trigger.RAPID_PNL_DECLINE,)


@pytest.mark.parametrize("cut", [1, 130, 517])
def test_a_restart_anywhere_changes_nothing(cut: int) -> None:
    bars = market(volatility=0.006, missing=0.05)
    whole, half, again = (RiskMonitor(STRICT, INSTRUMENTS, 1e5) for _ in range(3))
    expected = follow(whole, bars, EQUAL)[cut:]
    follow(half, bars.rows(slice(0, cut)), EQUAL)
    again.restore(json.loads(json.dumps(half.snapshot())))
    for row, view in enumerate(follow(again, bars.rows(slice(cut, len(bars))), EQUAL)):
        mine, theirs = expected[row], view
        assert (mine.verdicts, mine.scale, mine.gross_cap) == (theirs.verdicts, theirs.scale, theirs.gross_cap)
        assert (mine.clusters is None) == (theirs.clusters is None)
        if mine.clusters is not None and theirs.clusters is not None:
            assert mine.clusters.index.tolist() == theirs.clusters.index.tolist()
    assert again.snapshot() == whole.snapshot()
    assert measure(again, np.random.default_rng(1)).to_json() == measure(whole, np.random.default_rng(1)).to_json()


def test_nothing_is_known_of_later_bars() -> None:
    bars, other = market(seed=1), market(seed=1)
    row = 300
    for name in ("close", "volume"):
        other[name][row:] *= 3.0
    one, two = (follow(RiskMonitor(STRICT, INSTRUMENTS, 1e5), b.rows(slice(0, row)), EQUAL) for b in (bars, other))
    assert [v.verdicts for v in one] == [v.verdicts for v in two]


def test_all_measures_of_a_moment_fit_together_and_into_json() -> None:
    monitor = RiskMonitor(MonitorSettings(), INSTRUMENTS, 1e5, LimitSettings(max_sector_ratio=0.4))
    follow(monitor, market(common=0.9), np.array([0.2, 0.1, -0.1, 0.0, 0.0, 0.1]))
    found = measure(monitor, np.random.default_rng(1))
    assert set(found.tails) == {"95", "99"}
    for method in ("historical", "normal", "cornish_fisher", "simulated"):
        small, large = (getattr(found.tails[c], method) for c in ("95", "99"))
        assert 0.0 < small.var < large.var
        assert small.cvar >= small.var
    assert (found.gross, found.net, found.delta) == pytest.approx((0.5, 0.3, 0.3))
    assert found.clusters == (("AA", "AB"),)
    assert found.largest_cluster == pytest.approx(0.3)
    assert sum(s.gross for s in found.sectors) == pytest.approx(found.gross)
    # 20,000 dollars of AA at a tenth of 1,000 shares of about 100 dollars a bar.
    assert found.liquidity.slowest_bars == pytest.approx(2.0, rel=0.1)
    assert 0.0 < found.market.absorption < 1.0
    assert json.loads(json.dumps(found.to_json()))["market"]["regime"] in {"calm", "usual", "high", "extreme"}


def test_a_market_symbol_is_the_market() -> None:
    named = (*INSTRUMENTS[:-1], Instrument("AF", role="market"))
    monitor = RiskMonitor(MonitorSettings(), named, 1e5)
    weight = np.zeros(BREADTH)
    weight[-1] = 0.5
    follow(monitor, market(), weight)
    assert measure(monitor, np.random.default_rng(1)).beta == pytest.approx(0.5)


def test_the_shipped_paper_settings_restrict_nothing_new(settings: Settings) -> None:
    risk = settings.risk.in_mode("paper")
    assert risk == settings.risk
    made = monitor_settings(risk)
    assert (made.var_limit, made.rapid_decline_limit, made.brake) == (math.inf, math.inf, BrakeSettings())
    assert not made.is_correlation_enforced
    assert checked_limits(LimitSettings(), risk, INSTRUMENTS) == LimitSettings()
    assert stricter_losses(LossSettings(), risk) == LossSettings()


def test_live_is_stricter_wherever_the_two_profiles_differ(settings: Settings) -> None:
    paper, live = settings.risk, settings.risk.in_mode("live")
    assert (paper.portfolio.max_sector_exposure, live.portfolio.max_sector_exposure) == (0.30, 0.25)
    assert (paper.portfolio.max_correlated_exposure, live.portfolio.max_correlated_exposure) == (0.40, 0.30)
    made = monitor_settings(live)
    assert made.var_limit == 0.03
    assert made.is_correlation_enforced
    assert made.brake.threshold == 30.0
    assert checked_limits(LimitSettings(), live, INSTRUMENTS).max_correlated_ratio == 0.30
    assert stricter_losses(LossSettings(), live).scale_in_per_session == 0.1


def test_a_profile_never_loosens_what_paper_has_tighter(settings: Settings) -> None:
    tight = settings.evolve({"risk.portfolio.max_sector_exposure": 0.2}).risk
    assert tight.in_mode("live").portfolio.max_sector_exposure == 0.2


def test_banned_and_restricted_symbols_are_both_kept_from_being_bought() -> None:
    risk = RiskSettings.model_validate({"pre_trade": {"restricted_symbols": ("AB",)}})
    limits = checked_limits(LimitSettings(), risk, [*INSTRUMENTS, Instrument("ZZ", is_tradable=False)])
    assert limits.restricted == {"AB", "ZZ"}
