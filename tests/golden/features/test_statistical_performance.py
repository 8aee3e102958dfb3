"""Performance features against their definitions in plain numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qts_core.features import Catalogue
from qts_core.features.catalogue import performance
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(performance.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def change(b: Any, bars: int = 1) -> Any:
    return b.before(b.close, lambda old, new: np.log(new / old), bars)


def simple(bars: int) -> Callable[[Any], Any]:
    return lambda b: b.before(b.close, lambda old, new: (new - old) / old, bars)


def sharpe(bars: int) -> Callable[[Any], Any]:
    return lambda b: b.roll(change(b), bars, lambda w: w.mean(axis=1) / w.std(axis=1, ddof=1))


def sortino(w: Any) -> Any:
    return w.mean(axis=1) / np.sqrt((np.minimum(w, 0.0) ** 2).mean(axis=1))


def fall(w: Any) -> Any:
    return (1.0 - w / np.maximum.accumulate(w, axis=1)).max(axis=1)


def calmar(b: Any) -> Any:
    return change(b, 520) / -np.log1p(-b.roll(b.close, 520, fall))


REFEREES: dict[str, Callable[[Any], Any]] = {
    **{f"stat_simplereturn_{bars}_close": simple(bars) for bars in (1, 5, 20, 130, 260, 520)},
    "stat_sharpe_130_close": sharpe(130),
    "stat_sharpe_520_close": sharpe(520),
    "stat_sortino_130_close": lambda b: b.roll(change(b), 130, sortino),
    "stat_gainloss_130_balance": lambda b: b.roll(change(b), 130, lambda w: w.sum(axis=1) / np.abs(w).sum(axis=1)),
    "stat_maxdrawdown_130_close": lambda b: b.roll(b.close, 130, fall),
    "stat_maxdrawdown_520_close": lambda b: b.roll(b.close, 520, fall),
    "stat_calmar_520_close": calmar,
    "stat_pathlength_130_fraction": lambda b: abs(change(b, 130)) / b.sum(abs(change(b)), 130),
    "stat_risingrisk_130_ratio": lambda b: b.std(change(b), 26) / b.std(change(b), 130),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
