"""Every definition of the code location `qts`: what `dagster dev` and `dg dev` load."""

from __future__ import annotations

import warnings

import dagster as dg

from qts_dagster.defs.backtests.assets import backtest_assets
from qts_dagster.defs.backtests.checks import backtest_checks
from qts_dagster.defs.backtests.comparison import comparison_assets, models_compared
from qts_dagster.defs.backtests.walk_forward import walk_forward_assets
from qts_dagster.defs.features.assets import feature_assets
from qts_dagster.defs.features.checks import feature_checks
from qts_dagster.defs.features.labels import label_assets, label_checks
from qts_dagster.defs.features.training_sets import training_set_assets, training_set_checks
from qts_dagster.defs.jobs import JOBS
from qts_dagster.defs.market_data.assets import market_data_assets
from qts_dagster.defs.market_data.checks import market_data_checks
from qts_dagster.defs.models.assets import model_assets
from qts_dagster.defs.models.checks import model_checks
from qts_dagster.defs.models.search import search_assets
from qts_dagster.defs.operations.assets import operations_assets, operations_checks
from qts_dagster.defs.resources import Platform
from qts_dagster.defs.schedules import all_schedules
from qts_dagster.defs.sensors import all_sensors

__all__ = ["build_definitions", "defs"]


def build_definitions(platform: Platform) -> dg.Definitions:
    """Define the platform of one `QTS_HOME`.

    Parameters
    ----------
    platform : Platform
        Its lake decides the months, its models.yaml the models.
    """
    with warnings.catch_warnings():
        # Single-run backfills are marked beta; the pinned range of Dagster versions has them all.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return _definitions(platform)


def _definitions(platform: Platform) -> dg.Definitions:
    models = tuple(key for key, entry in platform.settings.models.models.items() if entry.enabled)
    return dg.Definitions(
        assets=[
            *market_data_assets(platform),
            *feature_assets(platform),
            *label_assets(platform),
            *training_set_assets(platform, models),
            *model_assets(platform, models),
            *search_assets(platform, models),
            *backtest_assets(models),
            *comparison_assets(models),
            *walk_forward_assets(models),
            *models_compared(models),
            *operations_assets(),
        ],
        asset_checks=[
            *market_data_checks(),
            *feature_checks(platform),
            *label_checks(platform),
            *training_set_checks(models),
            *model_checks(models),
            *backtest_checks(models),
            *operations_checks(),
        ],
        jobs=JOBS,
        schedules=all_schedules(),
        sensors=all_sensors(),
        resources={"platform": platform},
        executor=dg.in_process_executor,
    )


defs = build_definitions(Platform())
