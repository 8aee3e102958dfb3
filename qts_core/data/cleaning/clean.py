"""Clean bars causally: quarantine, flags and forward fills; nothing is deleted or altered (specification 5.2; X-01).

A bar that came is never interpolated or clipped: a real crash stays real. A bar that did not come is filled forward
under a flag, for charts; panels leave it out, so there a missing bar stays missing. The result is prefix-invariant:
cutting off everything known after some moment changes nothing before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from qts_core.data.actions.identity import Identities
from qts_core.data.actions.table import no_actions
from qts_core.data.cleaning.duplicates import settle_duplicates
from qts_core.data.cleaning.filling import fill_forward
from qts_core.data.cleaning.lines import Grid, lay_on_grid, main_line, session_part
from qts_core.data.cleaning.marks import flags_of, price_jumps
from qts_core.data.cleaning.state import checked_state, next_state
from qts_core.data.grid import place_bars
from qts_core.data.quality.flags import BarFlag, flag_counts, real_bars
from qts_core.data.quality.jumps import with_factor
from qts_core.data.quality.rules import MAX_PRICE_RATIO, broken_rule
from qts_core.data.schemas import BAR_SCHEMA, CLEAN_SCHEMA, QUARANTINE_SCHEMA, conform, empty
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["CleanResult", "clean_bars"]

ORDER = ("ts_known", "ts_event", "symbol")
UNMARKED = pl.lit(0, pl.UInt32).alias("flags")


@dataclass(frozen=True, slots=True, eq=False)
class CleanResult:
    """What came out.

    Attributes
    ----------
    clean : DataFrame
        Of ``CLEAN_SCHEMA``, sorted by (ts_known, ts_event, symbol); bars filled forward stand among the others.
    quarantine : DataFrame
        Of ``QUARANTINE_SCHEMA``: each bar left out, with the rule it broke.
    counts : mapping of str to int
        Bars by rule or flag; those that no bar broke or carries are absent.
    state : DataFrame
        Of ``STATE_SCHEMA``; give it to the cleaning of the bars that follow.
    """

    clean: pl.DataFrame
    quarantine: pl.DataFrame
    counts: Mapping[str, int]
    state: pl.DataFrame

    @property
    def quarantined_ratio(self) -> float:
        """Share of the bars that came and were left out."""
        total = real_bars(self.clean).height + self.quarantine.height
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
    """Split bars into clean ones and quarantine, flag the clean ones and fill gaps forward.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in any order.
    calendar : TradingCalendar
        Sessions that count as regular.
    bar_minutes : int
        Length of a bar.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; splits explain price steps, symbol changes and delistings say whose price it is.
    state : DataFrame, optional
        The state after the bars before these; None at the beginning of history.
    max_price_ratio : float
        Step beyond which a price is not believed without a split.

    Raises
    ------
    DataValidationError
        If `frame` does not have the columns of bars, or `state` those of a state.
    """
    before = checked_state(state)
    counts: dict[str, int] = {}
    refused: list[pl.DataFrame] = []
    sound = _without_broken(conform(frame, BAR_SCHEMA), calendar, bar_minutes, refused)
    sound, conflicting, repeated = settle_duplicates(sound)
    refused.append(conflicting)
    if repeated:
        counts["duplicate_identical"] = repeated
    known = no_actions() if actions is None else actions
    identities = Identities(known)
    grid = lay_on_grid(sound, calendar, bar_minutes)
    ours = known.with_columns(symbol=identities.named(known, "ex_date"))
    sound, before = _linked(sound, before, ours, identities, grid)
    is_jump = price_jumps(sound, before, max_ratio=max_price_ratio)
    refused.append(sound.filter(is_jump).with_columns(rule=pl.lit("price_jump")))
    accepted = sound.filter(~is_jump)
    marked = accepted.with_columns(flags=flags_of(accepted, before))
    filled = fill_forward(marked, before, grid, identities, ours)
    clean = conform(_without_odd_vwap(marked), CLEAN_SCHEMA)
    if filled.height:
        clean = pl.concat([clean, filled]).sort(ORDER, maintain_order=True)
    quarantine = pl.concat([_quarantined(part) for part in refused]).sort(ORDER, maintain_order=True)
    counts |= dict(quarantine.group_by("rule").len().sort("rule").iter_rows()) | flag_counts(clean)
    return CleanResult(clean, quarantine, counts, next_state(accepted, before))


def _without_broken(
    bars: pl.DataFrame, calendar: TradingCalendar, bar_minutes: int, refused: list[pl.DataFrame]
) -> pl.DataFrame:
    """Return the bars that break no rule by themselves and stand on the grid of a session, in order of knowledge."""
    bars = bars.sort(ORDER, maintain_order=True)
    starts = bars["ts_event"].to_physical().to_numpy()
    places = place_bars(starts, calendar, bar_minutes)
    place = (
        pl.when(~pl.Series(places.in_session))
        .then(pl.lit("out_of_session"))
        .when(~pl.Series(places.on_grid))
        .then(pl.lit("off_grid"))
    )
    judged = bars.with_columns(broken_rule()).with_columns(
        pl.coalesce("rule", place).alias("rule"), flags=session_part(starts, calendar)
    )
    refused.append(judged.filter(pl.col("rule").is_not_null()))
    return judged.filter(pl.col("rule").is_null()).drop("rule")


def _linked(
    sound: pl.DataFrame, before: pl.DataFrame, actions: pl.DataFrame, identities: Identities, grid: Grid
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add whose price each bar is (`line`), the factor in force, `linked` close and whether it is of the main line."""
    session = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    sound = sound.with_columns(session=session)
    sound = sound.with_columns(line=identities.named(sound, "session"))
    before = before.with_columns(line=identities.named(before, "session"))
    by_line = sound.select("session", symbol="line")
    sound = sound.with_columns(with_factor(by_line, actions)["factor"].alias("factor"))
    sound = sound.with_columns(linked=pl.col("close") * pl.col("factor"))
    ends = pl.Series("end", grid.line.ts_known[grid.rows_of(sound)]).cast(sound.schema["ts_known"])
    return sound.with_columns(is_main=main_line(sound, before, grid), is_late=pl.col("ts_known") > ends), before


def _without_odd_vwap(bars: pl.DataFrame) -> pl.DataFrame:
    """Set vwap missing where it is not finite or lies outside the bar."""
    is_odd = (pl.col("flags") & int(BarFlag.VWAP_OUTSIDE)) != 0
    return bars.with_columns(vwap=pl.when(~is_odd).then(pl.col("vwap")))


def _quarantined(part: pl.DataFrame) -> pl.DataFrame:
    if part.is_empty():
        return empty(QUARANTINE_SCHEMA)
    return conform(part if "flags" in part.columns else part.with_columns(UNMARKED), QUARANTINE_SCHEMA)
