"""Jobs named for people: refresh the market data, train and judge, test, compare, gather the session."""

import dagster as dg

from qts_dagster.defs.backtests.request import BACKTEST_MODEL
from qts_dagster.lib.automation import MONTHLY

__all__ = ["BACKTEST_MODEL", "COMPARE_MODELS", "DAILY_CLOSE", "JOBS", "REFRESH_MARKET_DATA", "TRAIN_AND_JUDGE"]

_BY_MONTH = dg.AssetSelection.tag(*next(iter(MONTHLY.items())))

_COMPARED = dg.AssetSelection.tag("cost", "all-models")

REFRESH_MARKET_DATA = dg.define_asset_job(
    "refresh_market_data",
    selection=dg.AssetSelection.groups("market_data") | _BY_MONTH,
    description="Bring months of bars in, clean them, compute features and labels; renew chart view and report.",
    tags={"layer": "market_data"},
)

TRAIN_AND_JUDGE = dg.define_asset_job(
    "train_and_judge",
    selection=dg.AssetSelection.groups("features", "models", "backtests") - _BY_MONTH - _COMPARED,
    description="Train every model on the newest data, backtest it, run the gates, write the tear sheet.",
    tags={"layer": "models"},
)

COMPARE_MODELS = dg.define_asset_job(
    "compare_models",
    selection=_COMPARED,
    description="Hold every judged model against the others, net of costs and deflated by all trials; write the page.",
    tags={"layer": "models"},
)

DAILY_CLOSE = dg.define_asset_job(
    "daily_close",
    selection=dg.AssetSelection.groups("operations"),
    description="Gather what the daemon reported of the session.",
    tags={"layer": "operations"},
)

JOBS = (REFRESH_MARKET_DATA, TRAIN_AND_JUDGE, BACKTEST_MODEL, COMPARE_MODELS, DAILY_CLOSE)
