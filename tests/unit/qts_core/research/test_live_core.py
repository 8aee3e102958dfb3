"""A core that goes on under other settings: the operator's new limits hold, the book and the memory stay."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from qts_core.config.settings import Settings
from qts_core.market.events import BarsClosed
from qts_core.research.live_core import make_core, renewed_core
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Hashes, RecordDecision
from qts_core.trading.predictors import StoredPredictor
from tests.support.decision_market import instruments, panel, scores, slices

BARS = panel(breadth=6, seed=21)
SCORES = scores(BARS, seed=22)
HASHES = Hashes(configuration="old", catalogue="f", model="m", code="x", data="d")


def made(settings: Settings) -> TradingCore:
    predictor = StoredPredictor(BARS.timeline, BARS.symbols, SCORES)
    return make_core(settings, instruments(6), predictor, account="TEST", hashes=HASHES, cash=Decimal(100_000))


@pytest.fixture
def old(settings: Settings) -> TradingCore:
    """A core in the middle of a week."""
    core = made(settings)
    for bars in slices(BARS)[:100]:
        core.handle(BarsClosed(bars))
    return core


def test_the_same_settings_change_nothing(old: TradingCore, settings: Settings) -> None:
    again = renewed_core(old, settings, instruments(6), hashes=old.hashes)
    assert again.snapshot() == old.snapshot()
    after = slices(BARS)[100]
    assert repr(again.handle(BarsClosed(after))) == repr(old.handle(BarsClosed(after)))


def test_new_limits_hold_from_the_next_bar_and_decisions_say_under_which_settings(
    old: TradingCore, settings: Settings
) -> None:
    changes = {"risk.position_sizing.max_position_pct": 0.01, "risk.position_sizing.min_position_pct": 0.0}
    tighter = settings.evolve(changes)
    hashes = replace(HASHES, configuration=tighter.configuration_hash)
    renewed = renewed_core(old, tighter, instruments(6), hashes=hashes)
    assert renewed.holdings.snapshot() == old.holdings.snapshot(), "a restart sells nothing by itself"
    decision = decided(renewed)
    assert decision.hashes.configuration == tighter.configuration_hash
    assert 0.0 < np.abs(decision.target_weight).max() <= 0.01
    assert np.abs(decided(old).target_weight).max() > 0.01


def decided(core: TradingCore) -> Decision:
    (record,) = [o for o in core.handle(BarsClosed(slices(BARS)[100])) if isinstance(o, RecordDecision)]
    return record.decision
