"""A QTS_HOME with a small synthetic market and a tiny model: enough for the daemon to trade a session for real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np

from qts_core.adapters.lake import Lake
from qts_core.config.features import CORE_GROUPS
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarket, SyntheticMarketSettings, synthetic_market
from qts_core.features import Catalogue, default_catalogue
from qts_core.features.store import compute_panel
from qts_core.market.calendar import xnys
from qts_core.market.time import from_micros
from qts_core.models.base import ModelType
from qts_core.models.bundle import ModelBundle
from qts_core.models.context import FitContext
from qts_core.models.factory import create_model
from qts_core.models.libraries import library_versions
from qts_core.models.manifest import FeatureReference, Manifest, TrainingSpan
from qts_core.targets.labels import forward_return

__all__ = ["LiveHome", "make_live_home"]

HORIZON = 26
ROUNDS = 12
LAST = date(2024, 12, 31)


@dataclass(frozen=True, slots=True)
class LiveHome:
    """Where the home and its model are, and the session to trade."""

    home: Path
    model: Path
    session: date


def make_live_home(
    home: Path,
    *,
    symbols: int = 8,
    first: date = date(2024, 10, 1),
    last: date = LAST,
    features: int = 12,
    own: Catalogue | None = None,
    change: Callable[[SyntheticMarket], SyntheticMarket] = lambda market: market,
) -> LiveHome:
    """Fill the lake with a market that holds a strong planted signal, and train a few trees on all but its last day.

    What `change` makes of the market is what the lake gets. The model learns from `own` features too.
    """
    market = change(
        synthetic_market(SyntheticMarketSettings(symbols=symbols, first=first, last=last, seed=11, signal_strength=3.0))
    )
    lake, calendar = Lake(home / "lake"), xnys()
    register_synthetic(lake, market, calendar=calendar)
    clean_all(lake, calendar=calendar)
    session = calendar.last_closed(market_end(last)).date
    panel = load_panel(lake, calendar=calendar, last=calendar.shift(session, -1))
    core = default_catalogue().subset(groups=CORE_GROUPS)
    chosen = core.subset(names=core.names[:: max(len(core) // features, 1)])
    catalogue = chosen if own is None else Catalogue([*chosen, *own])
    result = compute_panel(panel, catalogue)
    labels = forward_return(panel, HORIZON).values
    rows = result.values.transpose(1, 2, 0).reshape(-1, len(catalogue.names))
    flat = labels.reshape(-1)
    usable = np.isfinite(flat) & np.isfinite(rows).all(axis=1)
    model = create_model(
        "lightgbm", ModelType.REGRESSOR, name="tiny", seed=3,
        parameters={"n_estimators": ROUNDS, "num_leaves": 7, "learning_rate": 0.2, "min_child_samples": 20},
    )  # fmt: skip
    model.fit(rows[usable], flat[usable], FitContext(catalogue.names, from_micros(int(panel.timeline.ts_known[-1]))))
    manifest = Manifest(
        name="tiny", version="1.0.0", kind="lightgbm", model_type=ModelType.REGRESSOR, target="return_26bar",
        horizon_bars=HORIZON, bar_minutes=15,
        features=tuple(FeatureReference(name=s.name, hash=s.reference) for s in catalogue),
        catalogue_hash=catalogue.hash,
        training=TrainingSpan(
            first=from_micros(int(panel.timeline.ts_event[0])), last=from_micros(int(panel.timeline.ts_known[-1])),
            samples=int(usable.sum()), symbols=panel.symbols, data_hash=lake.data_hash("clean_bars"), fold_plan_hash="",
        ),
        seed=3, parameters={}, metrics={}, label_scale=1.0, dispersion=float(np.std(flat[usable])),
        libraries=library_versions("lightgbm"),
    )  # fmt: skip
    path = home / "tiny-model"
    ModelBundle.build(model, manifest, rows[usable][:8]).save(path)
    return LiveHome(home, path, session)


def market_end(last: date) -> datetime:
    """Return the end of the day `last`."""
    return datetime.combine(last, time(23, 59), UTC)
