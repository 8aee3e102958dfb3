"""What a page shows of the adjusted view and of the quality report."""

from __future__ import annotations

import numpy as np
import polars as pl

from qts_core.data.actions.daily_view import ADJUSTED
from qts_core.data.ingest import WHOLE
from qts_core.data.quality.policies import Severity
from qts_core.data.quality.stored import StoredQuality
from qts_core.market.panel import Floats
from qts_core.ports.lake import LakePort
from qts_core.report.figures import coverage_heat_map, line_chart
from qts_dagster.lib.metadata import ADJUSTED_MEANING, Metadata, column_schema, image, number, partition_metadata, table

__all__ = ["adjusted_metadata", "quality_metadata"]

SHOWN = 20
LINES = 6


def adjusted_metadata(lake: LakePort) -> Metadata:
    """Describe the adjusted view with the symbols that dividends changed most."""
    partition = lake.partition(ADJUSTED, WHOLE)
    assert partition is not None
    view = lake.read_month(ADJUSTED, WHOLE)
    first = view.sort("session").group_by("symbol").first().with_columns(
        changed=pl.col("adjusted_close") / pl.col("close")
    ).sort("changed", "symbol")  # fmt: skip
    shown = first.select("symbol", "session", "close", "adjusted_close").head(SHOWN)
    days = view["session"].unique().sort().to_list()
    drawing = line_chart(
        days, _relative(view, first["symbol"].head(LINES).to_list()), title="Adjusted close, last session = 1",
        unit="ratio", include=(1.0,),
    )  # fmt: skip
    return {
        **partition_metadata(partition),
        "dagster/column_schema": column_schema(view, ADJUSTED_MEANING),
        "as_of": number(str(view["as_of"].max())),
        "symbols": number(view["symbol"].n_unique()),
        "first_sessions": table(shown.with_columns(pl.col("session").cast(pl.String)).to_dicts()),
        "adjusted_close": image(
            drawing,
            "Adjusted close over that of the last session, for the symbols whose dividends changed it most.",
        ),
    }


def quality_metadata(quality: StoredQuality) -> Metadata:
    """Describe a quality report: findings by severity, the worst of them, and coverage by symbol and month."""
    counts = dict(quality.findings.group_by("severity").len().iter_rows())
    shown = quality.findings.select("severity", "rule", "count", "detail").head(SHOWN)
    symbols, months, ratio = _coverage(quality.coverage)
    drawing = coverage_heat_map(symbols, [month[2:] for month in months], ratio, title="Bars present of bars due")
    return {
        "dagster/row_count": number(quality.findings.height),
        "bars": number(quality.rows),
        "symbols": number(quality.symbols),
        **{f"findings_{severity}": number(int(counts.get(str(severity), 0))) for severity in Severity},
        "coverage": number(float(np.nanmean(ratio)) if ratio.size else float("nan")),
        "findings": table(shown.to_dicts()),
        "coverage_map": image(drawing, "Bars present of the bars due by symbol and month; the paler, the more miss."),
    }


def _relative(view: pl.DataFrame, symbols: list[str]) -> dict[str, Floats]:
    wide = view.pivot(on="symbol", index="session", values="adjusted_close").sort("session")
    return {symbol: (wide[symbol] / wide[symbol].drop_nulls()[-1]).to_numpy() for symbol in symbols}


def _coverage(coverage: pl.DataFrame) -> tuple[list[str], list[str], Floats]:
    symbols, months = (coverage[name].unique().sort().to_list() for name in ("symbol", "month"))
    cells = np.full((len(symbols), len(months)), np.nan)
    place = coverage.select(
        pl.col("symbol").replace_strict(symbols, list(range(len(symbols))), return_dtype=pl.Int64),
        pl.col("month").replace_strict(months, list(range(len(months))), return_dtype=pl.Int64),
    )
    cells[place["symbol"].to_numpy(), place["month"].to_numpy()] = coverage["ratio"].to_numpy()
    return symbols, months, cells
