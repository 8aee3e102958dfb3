"""Ichimoku against its definition in numpy, shifted only into the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qts_core.features import Catalogue
from qts_core.features.catalogue import ichimoku
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(ichimoku.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def middle(b: Any, bars: int) -> Any:
    return (b.max(b.high, bars) + b.min(b.low, bars)) / 2.0


def ago(b: Any, x: Any, bars: int) -> Any:
    return b.before(x, lambda old, _: old, bars)


def first_edge(b: Any) -> Any:
    return (middle(b, 9) + middle(b, 26)) / 2.0


def second_edge(b: Any) -> Any:
    return middle(b, 52)


def side(bars: int) -> Referee:
    """Return where the close stands against the cloud made `bars` ago."""

    def of(b: Any) -> Any:
        edges = np.array([ago(b, edge(b), bars) for edge in (first_edge, second_edge)])
        place = np.where(b.close > edges.max(axis=0), 1.0, np.where(b.close < edges.min(axis=0), -1.0, 0.0))
        return np.where(np.isnan(edges).any(axis=0), np.nan, place)

    return of


def thickness(b: Any) -> Any:
    return (ago(b, first_edge(b), 26) - ago(b, second_edge(b), 26)) / b.close


def cross(b: Any) -> Any:
    lines = middle(b, 9), middle(b, 26)
    is_above = np.where(np.isnan(lines[1]), np.nan, lines[0] > lines[1])
    return b.before(is_above, lambda old, new: new - old)


REFEREES: dict[str, Referee] = {
    "tech_senkoua_26_distance": lambda b: b.close / ago(b, first_edge(b), 26) - 1.0,
    "tech_senkoub_52_distance": lambda b: b.close / ago(b, second_edge(b), 26) - 1.0,
    "tech_cloud_52_side": side(26),
    "tech_cloud_52_thickness": thickness,
    "tech_cloud_52_ahead": lambda b: first_edge(b) / second_edge(b) - 1.0,
    "tech_tenkan_9_spread": lambda b: middle(b, 9) / middle(b, 26) - 1.0,
    "tech_tenkan_9_cross": cross,
    "tech_kijun_26_slope": lambda b: middle(b, 26) / ago(b, middle(b, 26), 26) - 1.0,
    "tech_chikou_26_distance": lambda b: b.close / ago(b, (b.high + b.low) / 2.0, 26) - 1.0,
    "tech_chikou_26_side": side(52),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
