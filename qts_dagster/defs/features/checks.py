"""Blocking checks of the features: complete, finite, within declared bounds."""

import dagster as dg
import polars as pl

from qts_core.research.feature_months import feature_table
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.metadata import table

__all__ = ["feature_checks"]

TOLERANCE = 1e-9


def feature_checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the group `features`."""

    @dg.asset_check(
        asset="features",
        blocking=True,
        description="No infinity, and no value outside the bounds its feature declares.",
    )
    def values_within_bounds(platform: Platform) -> dg.AssetCheckResult:
        lake, catalogue = platform.lake, platform.catalogue
        stored = feature_table(catalogue)
        months = lake.months(stored)
        newest = lake.read_month(stored, months[-1]) if months else pl.DataFrame()
        wrong = []
        for spec in catalogue:
            values = newest[spec.name] if spec.name in newest.columns else pl.Series([float("inf")])
            low, high = spec.bounds
            outside = (values.is_infinite() | (values < low - TOLERANCE) | (values > high + TOLERANCE)).sum()
            if outside:
                wrong.append({"feature": spec.name, "rows": int(outside), "low": low, "high": high})
        return dg.AssetCheckResult(
            passed=not wrong, metadata={"month": months[-1] if months else "none", "outside": table(wrong[:20])}
        )

    return [values_within_bounds]
