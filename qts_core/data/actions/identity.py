"""Who stands behind a symbol on a day: renamed, delisted and re-used tickers (specification 5.2; bad input B38).

A security is (symbol, valid from). Its bars keep the symbol they were traded under; seen from a later day the whole
series stands under the name it has then, without a jump, and the earlier holder of that name is another security.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from qts_core.data.actions.table import ActionKind, as_actions
from qts_core.market.errors import DataValidationError

__all__ = ["Identities", "carry_actions", "carry_bars"]

ENDED = "~"
BEGINNING = date(1, 1, 1)
SESSION = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()


class Identities:
    """The names of securities over time.

    Parameters
    ----------
    actions : DataFrame
        Of ``ACTION_SCHEMA``; symbol changes and delistings count.
    as_of : date, optional
        Only those in force on that day; all of them by default.
    """

    def __init__(self, actions: pl.DataFrame, as_of: date | None = None) -> None:
        kinds = (ActionKind.SYMBOL_CHANGE, ActionKind.DELISTING)
        events = as_actions(actions).filter(pl.col("kind").is_in([str(k) for k in kinds]))
        if as_of is not None:
            events = events.filter(pl.col("ex_date") <= as_of)
        self._bounds: dict[str, dict[date, str | None]] = {}
        self.delisted: Mapping[str, date]
        delisted: dict[str, date] = {}
        for row in events.sort("ex_date", "symbol").iter_rows(named=True):
            symbol, day, target = row["symbol"], row["ex_date"], row["new_symbol"]
            self._bounds.setdefault(symbol, {})[day] = target
            if target is None:
                delisted[symbol] = day
            else:
                # The newcomer takes the name: whoever had it before is another security.
                self._bounds.setdefault(target, {}).setdefault(day, None)
                delisted.pop(target, None)
        self.delisted = delisted

    @property
    def is_plain(self) -> bool:
        """Whether every symbol has always been one security."""
        return not self._bounds

    def name(self, symbol: str, day: date) -> str:
        """Return the latest name of the security that traded as `symbol` on `day`.

        One that ended without a new name, or lost it to a newcomer, is ``SYMBOL~YYYY-MM-DD``.
        """
        later = sorted(bound for bound in self._bounds.get(symbol, {}) if bound > day)
        if not later:
            return symbol
        target = self._bounds[symbol][later[0]]
        return f"{symbol}{ENDED}{later[0]}" if target is None else self.name(target, later[0])

    def named(self, frame: pl.DataFrame, day: str) -> pl.Series:
        """Return the latest name for every row of `frame`, by its columns `symbol` and `day`."""
        if self.is_plain:
            return frame["symbol"].alias("line")
        spans = [
            (symbol, start, self.name(symbol, start))
            for symbol, bounds in self._bounds.items()
            for start in (BEGINNING, *sorted(bounds))
        ]
        table = pl.DataFrame(spans, schema={"symbol": pl.String, day: pl.Date, "line": pl.String}, orient="row")
        places = frame.select("symbol", day).with_row_index("place").sort(day, maintain_order=True)
        joined = places.join_asof(table.sort(day), on=day, by="symbol", check_sortedness=False).sort("place")
        return joined.select(pl.coalesce("line", "symbol").alias("line")).to_series()


def carry_bars(bars: pl.DataFrame, actions: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
    """Return `bars` with every series under the symbol it has on `as_of`.

    Bars of a security that lost its name to another, without taking a new one, are left out.

    Parameters
    ----------
    bars : DataFrame
        With `symbol` and `ts_event`.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    as_of : date, optional
        Changes after it do not count.

    Raises
    ------
    DataValidationError
        If a symbol has bars after its delisting: another security under a used name.
    """
    identities = Identities(actions, as_of)
    if identities.is_plain:
        return bars
    dated = bars.with_columns(SESSION.alias("_session"))
    for symbol, day in identities.delisted.items():
        late = dated.filter((pl.col("symbol") == symbol) & (pl.col("_session") >= day)).sort("_session")
        if late.height:
            raise DataValidationError(
                "QTS-DATA-035", "a symbol has bars after its delisting, so it names two securities", where=symbol,
                found=f"{late.height} bars, the first on {late['_session'].to_list()[0]}",
                expected=f"none from {day} on",
                fix="give the first security another name with a symbol_change, or correct the delisting",
            )  # fmt: skip
    return _carried(dated, identities, "_session").drop("_session")


def carry_actions(actions: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
    """Return `actions` under the symbols of `as_of`, so that a renamed share keeps the splits it has had."""
    identities = Identities(actions, as_of)
    if identities.is_plain:
        return actions
    return _carried(as_actions(actions), identities, "ex_date")


def _carried(frame: pl.DataFrame, identities: Identities, day: str) -> pl.DataFrame:
    line = identities.named(frame, day)
    # A delisted name that no one took since still names the same security.
    shown = line.replace({f"{symbol}{ENDED}{last}": symbol for symbol, last in identities.delisted.items()})
    return frame.with_columns(shown.alias("symbol")).filter(~pl.col("symbol").str.contains(ENDED, literal=True))
