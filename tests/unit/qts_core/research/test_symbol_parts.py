"""Auxiliary symbols play the same part in the stored features, in a bundle and in the daemon's engine."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.settings import Settings
from qts_core.data.admission import admit_bars
from qts_core.data.ingest import load_panel
from qts_core.data.market_source import market_instruments
from qts_core.data.reading.parsing import parse_bars
from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.features.roles import SymbolRoles
from qts_core.features.store import from_frame
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.models.bundle import LoadedModel
from qts_core.research.feature_months import catalogue_for, compute_all_months, compute_feature_month, feature_table
from qts_core.research.symbol_parts import model_roles, parts_of, symbol_roles
from tests.support.bar_tables import sound_bars

SYMBOLS = ("AAPL", "KO", "MSFT", "SPY", "XLP", "XLY")
CROSS = catalogue_for(FeaturesSettings(groups=("cross_sectional",)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    table = sound_bars(date(2024, 1, 16), date(2024, 2, 9), symbols=SYMBOLS)
    lake = Lake(tmp_path / "lake")
    admit_bars(lake, parse_bars(table, source="s", where="s").frame, calendar=xnys(), now=None, origin="s")
    return lake


def stored(lake: Lake) -> Floats:
    panel = load_panel(lake, calendar=xnys())
    return from_frame(lake.read(feature_table(CROSS)), panel.timeline, panel.symbols, CROSS.names)


def test_funds_have_no_rank_among_companies(lake: Lake, settings: Settings) -> None:
    roles = symbol_roles(settings.universe, lake, SYMBOLS)
    compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=roles)
    rank = stored(lake)[CROSS.names.index("cross_return_1_rank")]
    assert np.isnan(rank[:, [3, 4, 5]]).all()
    there = rank[:, :3][~np.isnan(rank[:, :3]).any(axis=1)]
    assert len(there)
    np.testing.assert_allclose(there.mean(axis=1), 0.5)


def test_of_two_funds_of_a_sector_the_first_of_universe_yaml_is_read(lake: Lake, settings: Settings) -> None:
    roles = symbol_roles(settings.universe, lake, SYMBOLS)
    assert roles.columns["sector"].tolist() == [-1, SYMBOLS.index("XLY"), -1, -1, -1, -1]
    assert roles.columns["market"].tolist() == [3] * 6


def test_other_parts_have_every_month_computed_again(lake: Lake, settings: Settings) -> None:
    compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys())
    roles = symbol_roles(settings.universe, lake, SYMBOLS)
    again = compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=roles)
    assert tuple(again) == ("2024-01", "2024-02")
    assert not compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=roles)


def test_other_days_of_membership_have_the_months_since_computed_again(lake: Lake) -> None:
    def joining(day: date) -> SymbolRoles:
        return SymbolRoles.of(SYMBOLS, [Instrument(SYMBOLS[0], member_from=day)])

    early, late = joining(date(2024, 2, 2)), joining(date(2024, 2, 6))
    compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=early)
    assert not compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=early)
    again = compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=late)
    assert tuple(again) == ("2024-02",), "in January nothing is other than it was"
    panel = load_panel(lake, calendar=xnys())
    whole = FeatureEngine(CROSS, SYMBOLS, roles=late).push(FeatureBlock.of(panel))
    np.testing.assert_array_equal(stored(lake), whole)
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-006.*other members in 2024-01"):
        compute_feature_month(
            lake, "2024-02", CROSS, symbols=SYMBOLS, calendar=xnys(), roles=joining(date(2024, 1, 24))
        )


def test_live_the_days_are_those_of_universe_yaml_now(lake: Lake) -> None:
    span = SimpleNamespace(symbols=SYMBOLS, parts=())
    model = cast(LoadedModel, SimpleNamespace(manifest=SimpleNamespace(training=span)))
    leaving = [Instrument(SYMBOLS[1], member_to=date(2024, 1, 30))]
    roles = model_roles(model, leaving)
    assert roles.membership(10**6) == SymbolRoles.of(SYMBOLS, leaving).membership(10**6) != ""
    compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=roles)
    live = FeatureEngine(CROSS, SYMBOLS, roles=roles)
    panel = load_panel(lake, calendar=xnys())
    rows = [live.push(FeatureBlock.of_slice(BarSlice.of(panel, row))) for row in range(len(panel))]
    np.testing.assert_array_equal(np.concatenate(rows, axis=1), stored(lake))


def test_a_model_keeps_the_parts_it_was_trained_with(lake: Lake, settings: Settings) -> None:
    instruments = market_instruments(lake, settings.universe, SYMBOLS)
    span = SimpleNamespace(symbols=SYMBOLS, parts=parts_of(settings.universe, instruments))
    model = cast(LoadedModel, SimpleNamespace(manifest=SimpleNamespace(training=span)))
    roles = symbol_roles(settings.universe, lake, SYMBOLS)
    assert model_roles(model, instruments).digest == roles.digest != ""
    compute_all_months(lake, CROSS, symbols=SYMBOLS, calendar=xnys(), roles=roles)
    panel = load_panel(lake, calendar=xnys())
    live = FeatureEngine(CROSS, SYMBOLS, roles=model_roles(model, instruments)).push(FeatureBlock.of(panel))
    np.testing.assert_array_equal(live, stored(lake))


def test_without_auxiliary_symbols_a_bundle_says_nothing(settings: Settings) -> None:
    companies = settings.universe.instruments(("AAPL", "MSFT"))
    assert parts_of(settings.universe, companies) == ()
