"""Blocking checks of the bars beyond their contracts: bytes, completeness of actions, coverage (specification 5.1)."""

import dagster as dg
import polars as pl

from qts_core.data.ingest import load_actions
from qts_dagster.defs.market_data.contracts import contract_checks
from qts_dagster.defs.market_data.views import view_checks
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.coverage import coverage_by_symbol
from qts_dagster.lib.metadata import table
from qts_dagster.lib.months import months_in_run

__all__ = ["market_data_checks"]

MIN_COVERAGE = 0.95
SHOWN = 20


def market_data_checks() -> list[dg.AssetChecksDefinition]:
    """Return the contracts of the stored tables and what they cannot say, one property a check."""
    return [*contract_checks(), _raw_bars_are_intact(), _actions_are_positive(), _coverage(), *view_checks()]


def _raw_bars_are_intact() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="raw_bars", blocking=True, description="Every month has the bytes that were written.")
    def stored_bytes_are_intact(context: dg.AssetCheckExecutionContext, platform: Platform) -> dg.AssetCheckResult:
        lake = platform.lake
        months = months_in_run(context.run.tags, lake.months("raw_bars"))
        rows = sum(lake.read_month("raw_bars", month).height for month in months)
        return dg.AssetCheckResult(passed=rows > 0, metadata={"months": len(months), "rows": rows})

    return stored_bytes_are_intact


def _actions_are_positive() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="corporate_actions",
        blocking=True,
        description="Splits have both share counts, dividends an amount; all positive.",
    )
    def ratios_are_positive(platform: Platform) -> dg.AssetCheckResult:
        actions = load_actions(platform.lake)
        needed = (
            pl.when(pl.col("kind") == "split")
            .then(_positive("new_shares") & _positive("old_shares"))
            .when(pl.col("kind") == "dividend")
            .then(_positive("cash_per_share"))
            .otherwise(pl.lit(value=True))
        )
        bad = actions.filter(~needed)
        shown = bad.head(SHOWN).with_columns(pl.col("ex_date").cast(pl.String)).drop("ts_known", strict=False)
        return dg.AssetCheckResult(
            passed=bad.is_empty(),
            metadata={"actions": actions.height, "wrong": bad.height, "failing_rows": table(shown.to_dicts())},
        )

    return ratios_are_positive


def _positive(column: str) -> pl.Expr:
    return ((pl.col(column) > 0) & pl.col(column).is_finite()).fill_null(value=False)


def _coverage() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="clean_bars",
        blocking=True,
        description="Every symbol has at least 95 % of the bars due between its first and its last session.",
    )
    def coverage_above_95pct(platform: Platform) -> dg.AssetCheckResult:
        shares = coverage_by_symbol(platform.lake.read("clean_bars"), platform.calendar)
        thin = [{"symbol": symbol, "coverage": share} for symbol, share in shares.items() if not share >= MIN_COVERAGE]
        return dg.AssetCheckResult(
            passed=bool(shares) and not thin,
            metadata={"threshold": MIN_COVERAGE, "symbols": len(shares), "below": table(thin[:SHOWN])},
        )

    return coverage_above_95pct
