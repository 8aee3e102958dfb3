"""Blocking checks of the bars: bytes, order of prices, duplicates, coverage (specification 5.1)."""

import dagster as dg
import polars as pl

from qts_core.data.ingest import load_actions
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.coverage import coverage_by_symbol
from qts_dagster.lib.metadata import table

__all__ = ["market_data_checks"]

MIN_COVERAGE = 0.95
SHOWN = 20


def market_data_checks() -> list[dg.AssetChecksDefinition]:
    """Return one property a check; each blocks what comes after."""
    return [_raw_bars_are_intact(), _actions_are_positive(), _ohlc_order(), _no_duplicate_bars(), _coverage()]


def _raw_bars_are_intact() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="raw_bars", blocking=True, description="Every stored month has the bytes that were written.")
    def stored_bytes_are_intact(platform: Platform) -> dg.AssetCheckResult:
        lake = platform.lake
        months = lake.months("raw_bars")
        rows = sum(lake.read_month("raw_bars", month).height for month in months)
        return dg.AssetCheckResult(passed=rows > 0, metadata={"months": len(months), "rows": rows})

    return stored_bytes_are_intact


def _actions_are_positive() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="corporate_actions", blocking=True, description="Split ratios and dividends are positive.")
    def ratios_are_positive(platform: Platform) -> dg.AssetCheckResult:
        actions = load_actions(platform.lake)
        amounts = pl.min_horizontal("new_shares", "old_shares", "cash_per_share")
        bad = actions.filter(amounts.is_null() | (amounts <= 0) | ~amounts.is_finite())
        return dg.AssetCheckResult(passed=bad.is_empty(), metadata={"actions": actions.height, "wrong": bad.height})

    return ratios_are_positive


def _ohlc_order() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="clean_bars", blocking=True, description="low <= open, close <= high, all positive.")
    def ohlc_order(platform: Platform) -> dg.AssetCheckResult:
        bars = platform.lake.read("clean_bars")
        is_wrong = (
            (pl.col("low") > pl.min_horizontal("open", "close"))
            | (pl.col("high") < pl.max_horizontal("open", "close"))
            | ~(pl.col("low") > 0)
        )
        return _verdict(bars.filter(is_wrong), bars.height)

    return ohlc_order


def _no_duplicate_bars() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="clean_bars", blocking=True, description="One revision of a bar is known at a time.")
    def no_duplicate_bars(platform: Platform) -> dg.AssetCheckResult:
        bars = platform.lake.read("clean_bars")
        return _verdict(bars.filter(bars.select("symbol", "ts_event", "ts_known").is_duplicated()), bars.height)

    return no_duplicate_bars


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


def _verdict(failing: pl.DataFrame, rows: int) -> dg.AssetCheckResult:
    shown = failing.head(SHOWN).select("symbol", pl.col("ts_event").cast(pl.String), "open", "high", "low", "close")
    return dg.AssetCheckResult(
        passed=failing.is_empty(),
        metadata={"rows": rows, "failing": failing.height, "failing_rows": table(shown.to_dicts())},
    )
