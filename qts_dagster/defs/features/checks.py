"""Blocking checks of the features: complete, finite, within declared bounds, one row for each bar."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.expectations import validate
from qts_core.data.contracts import Aspect, Expected
from qts_core.data.quality.flags import real_bars
from qts_core.features.contract import PROFILE_CONTRACT, feature_contract, feature_profile
from qts_core.ports.lake import LakePort
from qts_core.research.feature_months import BARS, feature_table
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.contracts import aspect_specs, odd_schema, sessions_due, verdicts
from qts_dagster.lib.months import months_in_run

__all__ = ["feature_checks"]

ASSET = "features"
TABLE = (Aspect.SCHEMA, Aspect.KEYS, Aspect.ROW_COUNT, Aspect.FRESHNESS)
VALUES = (Aspect.RANGES,)


def feature_checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the group `features`."""

    @dg.multi_asset_check(specs=aspect_specs(ASSET, tuple(Aspect)), name="contract_of_features")
    def contract(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        lake, catalogue = platform.lake, platform.catalogue
        declared = feature_contract(catalogue, feature_table(catalogue))
        months = months_in_run(context.run.tags, lake.months(declared.table))
        # A month has hundreds of columns: its profile and its keys are what the expectations look at.
        frames = [lake.read_month(declared.table, month) for month in months]
        profiles = [feature_profile(frame, catalogue, month) for frame, month in zip(frames, months, strict=True)]
        stored = odd_schema(declared, frames)
        keys = pl.concat([frame.select("symbol", "ts_event", "ts_known") for frame in frames])
        bars = sum(_bars(lake, month) for month in months)
        sessions = sessions_due(platform.source(), platform.calendar, months, SystemClock().now())
        expected = Expected(bars, bars, sessions[-1].open if sessions else None)
        yield from verdicts(validate(keys, declared, expected, stored=stored), ASSET, months, TABLE)
        yield from verdicts(validate(pl.concat(profiles), PROFILE_CONTRACT), ASSET, months, VALUES)

    return [contract]


def _bars(lake: LakePort, month: str) -> int:
    """Return how many bars of the month exist, each counted once whatever its revisions."""
    return real_bars(lake.read_month(BARS, month)).select("symbol", "ts_event").n_unique()
