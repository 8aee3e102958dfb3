"""Checks of the features: of each group its bounds, infinity, gaps and drift; of their table what it promises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
import numpy as np
import polars as pl

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.expectations import validate
from qts_core.config.monitoring import DriftSettings
from qts_core.data.contracts import Aspect, Expected
from qts_core.data.quality.flags import real_bars
from qts_core.data.schemas import Schema
from qts_core.features.contract import PROFILE_CONTRACT, feature_contract, feature_profile
from qts_core.ports.lake import LakePort
from qts_core.research.drift_watch import DriftVerdict, load_drift
from qts_core.research.feature_months import BARS, feature_table
from qts_core.research.feature_quality import MissingValues, missing_values
from qts_dagster.defs.features.assets import WHOLE_TABLE, BarCounter, group_assets
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.contracts import aspect_specs, odd_schema, sessions_due, verdicts
from qts_dagster.lib.feature_pages import drift_rows
from qts_dagster.lib.metadata import Metadata, number, table
from qts_dagster.lib.months import months_in_run

__all__ = ["feature_checks"]

TABLE = (Aspect.SCHEMA, Aspect.KEYS, Aspect.ROW_COUNT, Aspect.FRESHNESS)
VALUES = (Aspect.RANGES,)
SHOWN = 20
OF_A_GROUP = {
    "bounds": (True, "Every value lies within the bounds that its feature declares."),
    "infinity": (True, "No value is infinite."),
    "gaps": (
        False,
        "Beyond its warm-up no feature lacks more values than monitoring.yaml allows.",
    ),
    "drift": (False, "Not too many features have moved away from what the model was trained on, else from before."),
}
"""Checks of each group: whether they stop what comes after, and what they say."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks look at, read once.

    Attributes
    ----------
    months : tuple of str
    keys : DataFrame
        symbol, ts_event and ts_known of every row.
    schema : Schema
        The first stored one that is not as declared, else the declared one.
    profile : DataFrame
        Of ``PROFILE_CONTRACT``: one row for each feature and month.
    missing : tuple of MissingValues
        By month.
    drift : DriftVerdict, optional
        On the newest month.
    """

    months: tuple[str, ...]
    keys: pl.DataFrame
    schema: Schema
    profile: pl.DataFrame
    missing: tuple[MissingValues, ...]
    drift: DriftVerdict | None


def feature_checks(platform: Platform) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the features; one evaluation reads every month once and judges all of them."""
    catalogue = platform.catalogue
    groups = group_assets(catalogue)
    specs = [
        dg.AssetCheckSpec(name, asset=asset, blocking=blocking, description=says)
        for asset in groups
        for name, (blocking, says) in OF_A_GROUP.items()
    ]

    @dg.multi_asset_check(
        specs=[*specs, *aspect_specs(WHOLE_TABLE, tuple(Aspect))], name="contract_of_features", can_subset=True
    )
    def contract(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        found = _evidence(platform, months_in_run(context.run.tags, platform.lake.months(feature_table(catalogue))))
        settings = platform.settings.monitoring.drift
        results = [
            result
            for asset, group in groups.items()
            for result in _of_group(asset, catalogue.groups[group], found, settings)
        ]
        asked = context.selected_asset_check_keys
        if any(key.asset_key.to_user_string() == WHOLE_TABLE for key in asked):
            results += _of_table(platform, found)
        yield from (result for result in results if _key(result) in asked)

    return [contract]


def _key(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    assert result.asset_key is not None
    assert result.check_name is not None
    return dg.AssetCheckKey(result.asset_key, result.check_name)


def _evidence(platform: Platform, months: Sequence[str]) -> Evidence:
    lake, catalogue = platform.lake, platform.catalogue
    counter = BarCounter(platform, catalogue)
    keys, profiles, missing, schemas = [], [], [], []
    declared = feature_contract(catalogue, feature_table(catalogue))
    for month in months:
        # One month at a time: hundreds of columns by tens of thousands of rows.
        frame = lake.read_month(declared.table, month)
        keys.append(frame.select("symbol", "ts_event", "ts_known"))
        profiles.append(feature_profile(frame, catalogue, month))
        schemas.append(odd_schema(declared, [frame]))
        stored = catalogue.subset(names=[name for name in catalogue.names if name in frame.columns])
        missing.append(missing_values(frame, stored, counter.before(month, frame)))
    odd = next((schema for schema in schemas if schema is not declared.columns), declared.columns)
    drift = load_drift(lake, catalogue, months[-1]) if months else None
    return Evidence(tuple(months), pl.concat(keys), odd, pl.concat(profiles), tuple(missing), drift)


def _of_table(platform: Platform, found: Evidence) -> list[dg.AssetCheckResult]:
    catalogue, months = platform.catalogue, found.months
    bars = sum(_bars(platform.lake, month) for month in months)
    sessions = sessions_due(platform.source(), platform.calendar, months, SystemClock().now())
    expected = Expected(bars, bars, sessions[-1].open if sessions else None)
    declared = feature_contract(catalogue, feature_table(catalogue))
    return [
        *verdicts(validate(found.keys, declared, expected, stored=found.schema), WHOLE_TABLE, months, TABLE),
        *verdicts(validate(found.profile, PROFILE_CONTRACT), WHOLE_TABLE, months, VALUES),
    ]


def _of_group(
    asset: str, names: Sequence[str], found: Evidence, settings: DriftSettings
) -> Iterator[dg.AssetCheckResult]:
    profile = found.profile.filter(pl.col("feature").is_in(list(names)))
    outside = profile.filter((pl.col("smallest") < pl.col("low")) | (pl.col("largest") > pl.col("high")))
    infinite = profile.filter(pl.col("infinite") > 0).select("feature", "month", "infinite")
    gaps = _gaps(names, found, settings.max_missing_share)
    drift = None if found.drift is None else found.drift.of(names)
    span: Metadata = {"months": number(f"{found.months[0]} to {found.months[-1]}"), "features": number(len(names))}
    yield _result(asset, "bounds", outside.drop("infinite").to_dicts(), span)
    yield _result(asset, "infinity", infinite.to_dicts(), span)
    yield _result(asset, "gaps", gaps, {**span, "threshold": number(settings.max_missing_share)})
    yield dg.AssetCheckResult(
        asset_key=asset, check_name="drift", passed=drift is None or not drift.has_drifted,
        severity=dg.AssetCheckSeverity.WARN, metadata=_drift(drift),
    )  # fmt: skip


def _result(asset: str, check: str, failing: Sequence[dict[str, object]], told: Metadata) -> dg.AssetCheckResult:
    more: Metadata = {} if not failing else {"failing": number(len(failing)), "worst": table(failing[:SHOWN])}
    severity = dg.AssetCheckSeverity.ERROR if OF_A_GROUP[check][0] else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=asset, check_name=check, passed=not failing, severity=severity, metadata={**told, **more}
    )


def _gaps(names: Sequence[str], found: Evidence, most: float) -> list[dict[str, object]]:
    """Return the features that lack too much in some month, the emptiest first."""
    wanted = set(names)
    rows: list[dict[str, object]] = [
        {"feature": name, "month": month, "missing_beyond_warm_up": share}
        for month, missing in zip(found.months, found.missing, strict=True)
        for name, share in zip(missing.names, missing.beyond.tolist(), strict=True)
        if name in wanted and np.isfinite(share) and (share >= most or share == 1.0)
    ]
    return sorted(rows, key=lambda row: (-float(str(row["missing_beyond_warm_up"])), str(row["month"])))


def _drift(drift: DriftVerdict | None) -> Metadata:
    if drift is None:
        return {"verdict": number("not judged: materialise the month to see")}
    return {
        "verdict": number(drift.reason),
        "against": number(drift.against),
        "share": number(drift.share),
        "share_allowed": number(drift.most),
        "threshold": number(drift.threshold),
        "farthest": table(drift_rows(drift)),
    }


def _bars(lake: LakePort, month: str) -> int:
    """Return how many bars of the month exist, each counted once whatever its revisions."""
    return real_bars(lake.read_month(BARS, month)).select("symbol", "ts_event").n_unique()
