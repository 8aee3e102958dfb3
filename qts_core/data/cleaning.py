"""Clean bars causally: what breaks a rule goes to quarantine, nothing is invented (specification 5.2; X-01).

No bar is filled, interpolated or clipped: a missing bar stays missing (NaN in a panel) and a real crash stays real.
The result is prefix-invariant: cutting off everything known after some moment changes nothing before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from qts_core.data.actions.table import no_actions
from qts_core.data.grid import place_bars
from qts_core.data.quality.jumps import find_jumps, with_factor
from qts_core.data.quality.rules import MAX_PRICE_RATIO, broken_rule
from qts_core.data.schemas import BAR_SCHEMA, QUARANTINE_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["CleanResult", "clean_bars"]

ORDER = ("ts_known", "ts_event", "symbol")
CONTENT = ("open", "high", "low", "close", "volume", "vwap", "trade_count")


@dataclass(frozen=True, slots=True, eq=False)
class CleanResult:
    """What came out.

    Attributes
    ----------
    clean : DataFrame
        Of ``BAR_SCHEMA``, sorted by (ts_known, ts_event, symbol).
    quarantine : DataFrame
        Of ``QUARANTINE_SCHEMA``: each bar left out, with the rule it broke.
    counts : mapping of str to int
        Bars by rule, quarantined or flagged; rules that no bar broke are absent.
    state : DataFrame
        Of ``STATE_SCHEMA``; give it to the cleaning of the bars that follow.
    """

    clean: pl.DataFrame
    quarantine: pl.DataFrame
    counts: Mapping[str, int]
    state: pl.DataFrame

    @property
    def quarantined_ratio(self) -> float:
        """Share of the bars that were left out."""
        total = self.clean.height + self.quarantine.height
        return self.quarantine.height / total if total else 0.0


def clean_bars(
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    bar_minutes: int = BAR_MINUTES,
    actions: pl.DataFrame | None = None,
    state: pl.DataFrame | None = None,
    max_price_ratio: float = MAX_PRICE_RATIO,
) -> CleanResult:
    """Split bars into clean ones and quarantine.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in any order.
    calendar : TradingCalendar
        Sessions that count as regular.
    bar_minutes : int
        Length of a bar.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; splits explain price steps.
    state : DataFrame, optional
        The state after the bars before these; None at the beginning of history.
    max_price_ratio : float
        Step beyond which a price is not believed without a split.

    Raises
    ------
    DataValidationError
        If `frame` does not have the columns of bars.
    """
    counts: dict[str, int] = {}
    bars = conform(frame, BAR_SCHEMA).sort(ORDER, maintain_order=True)
    places = place_bars(bars["ts_event"].to_physical().to_numpy(), calendar, bar_minutes)
    place = (
        pl.when(~pl.Series(places.in_session))
        .then(pl.lit("out_of_session"))
        .when(~pl.Series(places.on_grid))
        .then(pl.lit("off_grid"))
    )
    judged = bars.with_columns(broken_rule()).with_columns(pl.coalesce("rule", place).alias("rule"))
    refused = [judged.filter(pl.col("rule").is_not_null())]
    kept = judged.filter(pl.col("rule").is_null()).drop("rule")

    kept, conflicting = _without_duplicates(kept, counts)
    refused.append(conflicting)
    linked = with_factor(kept, no_actions() if actions is None else actions)
    jumps = find_jumps(linked, state, max_ratio=max_price_ratio)
    is_jump = pl.Series(jumps.is_jump, dtype=pl.Boolean)
    refused.append(kept.filter(is_jump).with_columns(rule=pl.lit("price_jump")))
    clean = _without_odd_vwap(kept.filter(~is_jump), counts)

    unmarked = pl.lit(0, pl.UInt32)
    parts = [conform(part.with_columns(flags=unmarked), QUARANTINE_SCHEMA) for part in refused]
    quarantine = pl.concat(parts).sort(ORDER, maintain_order=True)
    counts |= dict(quarantine.group_by("rule").len().sort("rule").iter_rows())
    return CleanResult(conform(clean, BAR_SCHEMA), quarantine, counts, jumps.state)


def _without_duplicates(bars: pl.DataFrame, counts: dict[str, int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep one of equal bars; put bars of one symbol, time and arrival that disagree into quarantine, all of them."""
    key = ["symbol", "ts_event", "ts_known"]
    distinct = bars.unique([*key, *CONTENT], keep="first", maintain_order=True)
    if identical := bars.height - distinct.height:
        counts["duplicate_identical"] = identical
    is_conflicting = pl.len().over(key) > 1
    marked = distinct.with_columns(is_conflicting.alias("conflicts"))
    conflicting = marked.filter("conflicts").drop("conflicts").with_columns(rule=pl.lit("duplicate_conflicting"))
    return marked.filter(~pl.col("conflicts")).drop("conflicts"), conflicting


def _without_odd_vwap(bars: pl.DataFrame, counts: dict[str, int]) -> pl.DataFrame:
    """Set vwap missing where it is not finite or lies outside the bar."""
    inside = pl.col("vwap").is_finite() & pl.col("vwap").is_between(pl.col("low"), pl.col("high"))
    odd = bars.select((pl.col("vwap").is_not_null() & ~inside).sum()).item()
    if not odd:
        return bars
    counts["vwap_outside"] = int(odd)
    return bars.with_columns(vwap=pl.when(inside).then(pl.col("vwap")))
