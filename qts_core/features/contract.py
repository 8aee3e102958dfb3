"""The contract of a table of features, derived from its catalogue (specification 5.3; checklist C-07)."""

from __future__ import annotations

import polars as pl

from qts_core.data.contracts import NotBelow, Range, TableContract
from qts_core.features.spec import Catalogue

__all__ = ["PROFILE_CONTRACT", "feature_contract", "feature_profile"]

TOLERANCE = 1e-9
"""Rounding may carry a bounded feature this far over its bound."""
INSTANT = pl.Datetime("us", "UTC")

PROFILE_CONTRACT = TableContract(
    table="feature_profile",
    columns={
        "feature": pl.String(),
        "month": pl.String(),
        "low": pl.Float64(),
        "smallest": pl.Float64(),
        "largest": pl.Float64(),
        "high": pl.Float64(),
        "infinite": pl.UInt32(),
    },
    required=("feature", "month", "infinite"),
    key=("feature", "month"),
    ranges=(Range("infinite", high=0.0),),
    orders=(NotBelow("smallest", "low"), NotBelow("high", "largest")),
)
"""One row for each feature and month (:func:`feature_profile`): its values lie within the bounds that it declares."""


def feature_contract(catalogue: Catalogue, table: str) -> TableContract:
    """Return what the table `table` of `catalogue` promises: a column for each feature, one row for each bar.

    What values may be is said of their profile, :data:`PROFILE_CONTRACT`: two comparisons for all features at once
    instead of a scan of each column.
    """
    return TableContract(
        table=table,
        columns={
            **{"symbol": pl.String(), "ts_event": INSTANT, "ts_known": INSTANT},
            **dict.fromkeys(catalogue.names, pl.Float64()),
        },
        required=("symbol", "ts_event", "ts_known"),
        key=("symbol", "ts_event"),
        orders=(NotBelow("ts_known", "ts_event"),),
    )


def feature_profile(frame: pl.DataFrame, catalogue: Catalogue, month: str) -> pl.DataFrame:
    """Return the smallest and the largest value of every feature in one month, beside the bounds it declares.

    Parameters
    ----------
    frame : DataFrame
        The month's table of features; a column that is missing has no row.
    catalogue : Catalogue
    month : str
        ``YYYY-MM``.

    Returns
    -------
    DataFrame
        feature, month, low, smallest, largest, high, infinite. The bounds are widened by 1e-9; the smallest and the
        largest are of the finite values and null where there are none.
    """
    specs = [spec for spec in catalogue if spec.name in frame.columns]
    names = [spec.name for spec in specs]
    finite = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in names]
    values = frame.select(finite)
    return pl.DataFrame(
        {
            "feature": names,
            "month": [month] * len(names),
            "low": [spec.bounds[0] - TOLERANCE for spec in specs],
            "smallest": values.min().row(0) if names else [],
            "largest": values.max().row(0) if names else [],
            "high": [spec.bounds[1] + TOLERANCE for spec in specs],
            "infinite": frame.select((~pl.col(name).is_finite()).sum() for name in names).row(0) if names else [],
        },
        schema=dict(PROFILE_CONTRACT.columns),
    )
