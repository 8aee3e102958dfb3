"""Whether prices are raw or adjusted backwards: declared or detected (specification 5.2; bad input B37).

A trade has a price in whole or half cents, seldom a finer one. A price that was multiplied by a factor has any digits.
So the share of closes off the half cent tells, week by week: below 0.4 in every raw sample at hand, above 0.7 in the
adjusted ones up to the last dividend or split. Known splits tell more: raw prices step on the ex-date, adjusted ones
do not. Prices that a vendor rounded to cents after adjusting them can be told only so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from qts_core.data.actions.chain import split_steps
from qts_core.market.errors import DataValidationError

__all__ = ["Adjustment", "AdjustmentChoice", "settle_adjustment"]

Adjustment = Literal["raw", "splits", "all"]
AdjustmentChoice = Literal["auto", "raw", "splits", "all"]

ADJUSTED_SHARE = 0.7
RAW_SHARE = 0.5
FINE_SHARE = 0.5
LEAST_BARS = 50
LEAST_SYMBOLS = 0.1
CLEAR_SPLIT = 0.2
SAMPLE = 2000
RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0)
DECIMALS_SINCE = date(2001, 4, 9)
NAMED = 6


@dataclass(frozen=True, slots=True)
class _Signs:
    """Symbols by what their prices show."""

    adjusted: tuple[str, ...]
    raw: tuple[str, ...]
    changed: tuple[str, ...]
    steps: tuple[str, ...]
    no_steps: tuple[str, ...]
    symbols: int

    @property
    def looks_adjusted(self) -> bool:
        """Whether enough symbols have the digits of adjusted prices, or a known split has left no step."""
        return len(self.adjusted) >= max(1.0, LEAST_SYMBOLS * self.symbols) or bool(self.no_steps)


def settle_adjustment(
    frame: pl.DataFrame, actions: pl.DataFrame, *, declared: AdjustmentChoice = "auto", where: str
) -> tuple[Adjustment, tuple[str, ...]]:
    """Say whether prices are raw or adjusted.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in order of time.
    actions : DataFrame
        Of ``ACTION_SCHEMA``: the splits known of these symbols.
    declared : "auto", "raw", "splits" or "all"
        What the source says: raw; adjusted for splits; adjusted for splits and dividends.
    where : str
        File name, for messages.

    Returns
    -------
    "raw", "splits" or "all"
        What was settled.
    tuple of str
        What a person should know about it.

    Raises
    ------
    DataValidationError
        If the data contradict the declaration, or prices turn from raw to adjusted inside a series.

    Notes
    -----
    Closes below one dollar and before 2001-04-09, when quotes were fractions, are not looked at. A symbol without
    dividends and splits looks raw in an adjusted file; one in ten that looks adjusted is enough.
    """
    signs = _signs(frame, actions)
    mixed = sorted({*signs.changed, *(set(signs.steps) & set(signs.no_steps))})
    if mixed:
        raise DataValidationError(
            "QTS-DATA-021", "raw and adjusted prices are mixed in one series", where=where, found=_named(mixed),
            expected="one kind from the first bar to the last", fix="get the file again, unadjusted",
        )  # fmt: skip
    if declared == "raw" and signs.looks_adjusted:
        raise DataValidationError(
            "QTS-DATA-021", "prices are declared raw and look adjusted", where=where, found=_evidence(signs),
            expected="whole or half cents", fix="get unadjusted prices, or import with --adjustment all",
        )  # fmt: skip
    if signs.steps and (declared in {"splits", "all"} or signs.looks_adjusted):
        raise DataValidationError(
            "QTS-DATA-021", "prices are declared or look adjusted, and step on the day of a known split", where=where,
            found=_named(signs.steps), fix="get prices of one kind, or import with --adjustment raw",
        )  # fmt: skip
    if declared != "auto":
        quiet = declared != "raw" and not signs.looks_adjusted
        return declared, (f"adjusted prices ({declared}) as declared; the data show no sign of it",) if quiet else ()
    if not signs.looks_adjusted:
        odd = f"prices of {_named(signs.adjusted)} look adjusted, those of the others raw; taken as raw"
        return "raw", (odd,) if signs.adjusted else ()
    found: Adjustment = "splits" if _only_splits(frame, signs.adjusted) else "all"
    return found, (f"prices are adjusted ({found}): {_evidence(signs)}; no split or dividend is applied to them again",)


def _signs(frame: pl.DataFrame, actions: pl.DataFrame) -> _Signs:
    close = pl.col("close")
    weeks = (
        frame.lazy()
        .filter(close.is_not_null() & (close >= 1.0) & (pl.col("ts_event").dt.date() >= DECIMALS_SINCE))
        .group_by("symbol", week=pl.col("ts_event").dt.truncate("1w"))
        .agg(
            bars=pl.len(),
            off=(((close * 200) - (close * 200).round()).abs() > 2e-4).mean(),
            fine=((close - close.round(4)).abs() > 1e-7).mean(),
        )
        .filter(pl.col("bars") >= LEAST_BARS)
        .with_columns(
            is_adjusted=(pl.col("off") >= ADJUSTED_SHARE) | (pl.col("fine") >= FINE_SHARE),
            is_raw=(pl.col("off") <= RAW_SHARE) & (pl.col("fine") < RAW_SHARE / 5),
        )
        .sort("symbol", "week")
        .with_columns(was_raw=pl.col("is_raw").cum_sum().shift(1).over("symbol").fill_null(0) > 1)
        .collect()
    )
    by_symbol = weeks.group_by("symbol").agg(
        adjusted=pl.col("is_adjusted").sum(), changed=(pl.col("is_adjusted") & pl.col("was_raw")).sum()
    )
    adjusted = by_symbol.filter(pl.col("adjusted") >= 1)["symbol"].sort().to_list()
    # One odd week proves nothing; two after raw ones do.
    changed = by_symbol.filter(pl.col("changed") >= 2)["symbol"].sort().to_list()
    found = {kind: sorted({s for s, is_step in _steps(frame, actions) if is_step is kind}) for kind in (True, False)}
    raw = by_symbol.filter(pl.col("adjusted") == 0)["symbol"].sort().to_list()
    return _Signs(
        tuple(adjusted), tuple(raw), tuple(changed), tuple(found[True]), tuple(found[False]),
        max(by_symbol.height, 1),
    )  # fmt: skip


def _steps(frame: pl.DataFrame, actions: pl.DataFrame) -> Iterator[tuple[str, bool]]:
    """Tell for each known split inside the bars whether the price steps by its ratio on that day."""
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    for symbol, splits in split_steps(actions).items():
        if all(abs(np.log(ratio)) < CLEAR_SPLIT for _, ratio in splits):
            continue
        bars = frame.filter((pl.col("symbol") == symbol) & (pl.col("open") > 0) & (pl.col("close") > 0))
        if bars.is_empty():
            continue
        bars = bars.sort("ts_event", "ts_known").with_columns(day=day)
        for ex_date, ratio in splits:
            before, after = bars.filter(pl.col("day") < ex_date), bars.filter(pl.col("day") >= ex_date)
            if before.is_empty() or after.is_empty() or abs(np.log(ratio)) < CLEAR_SPLIT:
                continue
            step = float(np.log(after["open"][0] / before["close"][-1]))
            yield symbol, abs(step + float(np.log(ratio))) < abs(step)


def _only_splits(frame: pl.DataFrame, adjusted: tuple[str, ...]) -> bool:
    """Whether the prices of every adjusted symbol become whole cents when multiplied by some common split."""
    for symbol in adjusted:
        close = frame.filter(pl.col("symbol") == symbol)["close"].drop_nulls().head(SAMPLE).to_numpy()
        is_rounded = bool(np.mean(np.abs(close - np.round(close, 4)) < 1e-7) > 1 - FINE_SHARE)
        for ratio in RATIOS:
            cents = close * ratio * 100.0
            allowed = 0.005 * ratio + 1e-4 if is_rounded else 1e-3
            if np.mean(np.abs(cents - np.round(cents)) <= allowed) > RAW_SHARE + 0.1:
                break
        else:
            return False
    return bool(adjusted)


def _evidence(signs: _Signs) -> str:
    said = []
    if signs.adjusted:
        said.append(f"closes of {len(signs.adjusted)} of {signs.symbols} symbols are not whole cents")
    if signs.no_steps:
        said.append(f"known splits of {_named(signs.no_steps)} left no step")
    return ", ".join(said)


def _named(symbols: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(symbols) - NAMED} more" if len(symbols) > NAMED else ""
    return ", ".join(symbols[:NAMED]) + more
