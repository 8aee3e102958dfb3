"""The reader of the feature store: any features, symbols and span, as known at any moment (specification 5.3).

What is stored is read; what is not, or was made from bars that came later than the moment asked for, is computed on the
spot from the bars known then, going on from the last stored state that was known. Nothing that is read is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Self

import numpy as np
import polars as pl

from qts_core.config.settings import Settings
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.panels import month_key
from qts_core.features import Catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.features.store import compute_panel, to_frame
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros, trading_day
from qts_core.ports.lake import LakePort, Partition
from qts_core.research.catalogues import catalogue_for, known_catalogue
from qts_core.research.feature_knowledge import known_rows
from qts_core.research.feature_months import BARS, KNOWN, THREADS, feature_table, month_state, sound_months
from qts_core.research.symbol_parts import research_symbols, symbol_roles

__all__ = ["KEYS", "FeatureSlice", "FeatureStore"]

KEYS = ("symbol", "ts_event", "ts_known")
"""What names a row: of whom, when, and known since when."""
SESSION = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSlice:
    """The features of one month.

    Attributes
    ----------
    month : str
    frame : DataFrame
        `symbol`, `ts_event`, `ts_known` and a Float64 column for each feature, null = no value; by `ts_event`, then
        symbol.
    stored : Partition or None
        Where it was read; None when it was computed on the spot.
    """

    month: str
    frame: pl.DataFrame
    stored: Partition | None


class FeatureStore:
    """Features of a lake.

    Parameters
    ----------
    lake : LakePort
        With ``clean_bars``; whatever features of `catalogue` it holds are used.
    catalogue : Catalogue
        What is stored.
    calendar : TradingCalendar
    symbols : sequence of str
        Columns that the stored features were computed for, ascending.
    roles : SymbolRoles, optional
        The parts they play.
    known : Catalogue, optional
        What may be asked for beyond `catalogue`; computed on the spot.

    Examples
    --------
    >>> store = FeatureStore.of(lake, settings, calendar=xnys())  # doctest: +SKIP
    >>> store.read(["tech_rsi_14_raw"], symbols=["AAPL"], as_of=datetime(2024, 3, 1, tzinfo=UTC))  # doctest: +SKIP
    """

    def __init__(
        self, lake: LakePort, catalogue: Catalogue, *, calendar: TradingCalendar, symbols: Sequence[str],
        roles: SymbolRoles | None = None, known: Catalogue | None = None,
    ) -> None:  # fmt: skip
        self.lake = lake
        self.catalogue = catalogue
        self.calendar = calendar
        self.symbols = tuple(symbols)
        self.roles = roles
        self.known = catalogue if known is None else known

    @classmethod
    def of(cls, lake: LakePort, settings: Settings, *, calendar: TradingCalendar) -> Self:
        """Return the store of the configured features; every feature that QTS knows may be asked for."""
        symbols = research_symbols(lake)
        roles = symbol_roles(settings.universe, lake, symbols)
        catalogue, known = catalogue_for(settings.features, roles), known_catalogue(settings.features)
        return cls(lake, catalogue, calendar=calendar, symbols=symbols, roles=roles, known=known)

    def read(
        self, features: Sequence[str] = (), *, groups: Sequence[str] = (), symbols: Sequence[str] | None = None,
        first: date | None = None, last: date | None = None, as_of: datetime | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """Return features as one frame.

        Parameters
        ----------
        features, groups : sequence of str
            Names and groups; all that is configured when neither is given.
        symbols : sequence of str, optional
            All by default.
        first, last : date, optional
            Sessions, both included.
        as_of : datetime, optional
            Aware. What would have been computed from the bars and splits known at that moment, to the bit; what is
            known now by default.

        Returns
        -------
        DataFrame
            `symbol`, `ts_event`, `ts_known` and a Float64 column for each feature in the order of the catalogue, null
            = no value; one row for each bar that was known, by `ts_event`, then symbol.

        Raises
        ------
        InvalidConfigError
            If there is no such feature or group.
        DataNotFoundError
            QTS-FEAT-026 if the lake has no bars of a symbol, or none in the span that were known then.
        DataValidationError
            If `as_of` has no time zone.
        """
        names = self.chosen(features, groups=groups).names
        parts = self.scan(names, symbols=symbols, first=first, last=last, as_of=as_of)
        return pl.concat([part.frame for part in self.checked(parts, first, last, as_of)], rechunk=True)

    def checked(
        self, parts: Iterator[FeatureSlice], first: date | None, last: date | None, as_of: datetime | None
    ) -> Iterator[FeatureSlice]:
        """Give the months of :meth:`scan` that have rows.

        Raises
        ------
        DataNotFoundError
            QTS-FEAT-026 at the end, if none had.
        """
        is_empty = True
        for part in parts:
            if part.frame.height:
                is_empty = False
                yield part
        if is_empty:
            raise DataNotFoundError(
                "QTS-FEAT-026", "there are no bars to have features of", where=BARS,
                found=f"none from {first or 'the first'} to {last or 'the last'} session"
                + (f" known at {as_of.isoformat()}" if as_of else ""),
                fix="see `qts data list` for what the lake holds",
            )  # fmt: skip

    def scan(
        self, features: Sequence[str] = (), *, groups: Sequence[str] = (), symbols: Sequence[str] | None = None,
        first: date | None = None, last: date | None = None, as_of: datetime | None = None,
    ) -> Iterator[FeatureSlice]:  # fmt: skip
        """Give what :meth:`read` returns month by month, so that no more than one is in memory.

        Everything that can be refused is refused before the first month.
        """
        names = self.chosen(features, groups=groups).names
        if as_of is not None and as_of.tzinfo is None:
            raise DataValidationError(
                "QTS-DATA-006", "a moment needs a time zone", found=as_of.isoformat(), expected="an aware datetime"
            )
        chosen = None if symbols is None else [self._symbol(symbol) for symbol in symbols]
        return self._slices(names, chosen, first, last, as_of)

    def _slices(
        self, names: tuple[str, ...], symbols: list[str] | None, first: date | None, last: date | None,
        as_of: datetime | None,
    ) -> Iterator[FeatureSlice]:  # fmt: skip
        keep = pl.lit(value=True)
        if symbols is not None:
            keep &= pl.col("symbol").is_in(symbols)
        if first is not None:
            keep &= first <= SESSION
        if last is not None:
            keep &= last >= SESSION
        span = ("" if first is None else month_key(first), "9999-12" if last is None else month_key(last))
        for part in self._months(names, span, as_of):
            yield FeatureSlice(part.month, part.frame.filter(keep), part.stored)

    def _months(self, names: tuple[str, ...], span: tuple[str, str], as_of: datetime | None) -> Iterator[FeatureSlice]:
        """Give the months of `span` with the columns `names`, whatever of them is stored and whatever is not."""
        inside = tuple(name for name in names if name in self.catalogue)
        outside = tuple(name for name in names if name not in self.catalogue)
        if not outside:
            yield from self._of_store(inside, span, as_of)
            return
        beyond = FeatureStore(
            self.lake, self.known.subset(names=outside), calendar=self.calendar, symbols=self.symbols, roles=self.roles
        )
        computed = beyond._of_store(outside, span, as_of)
        if not inside:
            yield from computed
            return
        for here, there in zip(self._of_store(inside, span, as_of), computed, strict=True):
            joined = here.frame.hstack(there.frame.drop(KEYS).get_columns())
            yield FeatureSlice(here.month, joined.select(*KEYS, *names), None)

    def _of_store(
        self, names: tuple[str, ...], span: tuple[str, str], as_of: datetime | None
    ) -> Iterator[FeatureSlice]:
        whole: Partition | None = None
        stored = {part.month: part for part in sound_months(self.lake, self.catalogue, self.symbols, self.roles)}
        reach = span[1] if as_of is None else min(span[1], month_key(trading_day(as_of)))
        months = [month for month in self.lake.months(BARS) if month <= reach]
        while months and (part := stored.get(months[0])) is not None:
            if as_of is not None and datetime.fromisoformat(part.lineage[KNOWN]) > as_of:
                break
            whole = part
            if months.pop(0) >= span[0]:
                yield FeatureSlice(part.month, self._stored(part, names), part)
        if not months:
            return
        # Without revisions since, what was known of the month under way is the beginning of what is stored.
        if as_of is not None and len(months) == 1 and (part := stored.get(months[0])) is not None:
            frame = self._stored(part, names).filter(pl.col("ts_known") <= as_of)
            panel = self._panel(months[0], as_of)
            if panel is None:
                return
            if frame.height == _count(panel):
                yield FeatureSlice(part.month, frame, part)
                return
        yield from self._computed(names, months, span[0], whole, as_of)

    def _computed(
        self, names: tuple[str, ...], months: Sequence[str], first: str, before: Partition | None,
        as_of: datetime | None,
    ) -> Iterator[FeatureSlice]:  # fmt: skip
        """Compute `months` from the bars known at `as_of`, going on from the stored month `before`."""
        state = self._state(before)
        if state is None:
            # From the beginning nothing but what is asked for need be computed.
            months = [month for month in self.lake.months(BARS) if month <= months[-1]]
        chosen = self.catalogue.subset(names=names) if state is None else self.catalogue
        floor = None if state is None or before is None else datetime.fromisoformat(before.lineage[KNOWN])
        done = "" if before is None else before.month
        for month in months:
            panel = self._panel(month, as_of)
            if panel is None:
                continue
            result = compute_panel(panel, chosen, state, roles=self.roles, threads=THREADS)
            state = result.snapshot
            bars, actions = self.lake.read_month(BARS, month), load_actions(self.lake)
            if as_of is not None:
                bars = bars.filter(pl.col("ts_known") <= as_of)
                actions = actions.filter(pl.col("ts_known").is_null() | (pl.col("ts_known") <= as_of))
            known = known_rows(panel.timeline, bars, actions, floor)
            floor = from_micros(int(known[-1]))
            if month > done and month >= first:
                present = ~np.isnan(panel["close"])
                frame = to_frame(result, panel.timeline, panel.symbols, present=present, known=known)
                yield FeatureSlice(month, frame.select(*KEYS, *names), None)

    def _state(self, before: Partition | None) -> bytes | None:
        """Return the state at the end of a stored month; None where it is lost: the bars are right."""
        try:
            return None if before is None else month_state(self.lake, before)
        except (DataCorruptionError, DataNotFoundError):
            return None

    def _stored(self, part: Partition, names: tuple[str, ...]) -> pl.DataFrame:
        frame = self.lake.read_month(feature_table(self.catalogue), part.month, columns=(*KEYS, *names))
        return frame.sort("ts_event", "symbol")

    def _panel(self, month: str, as_of: datetime | None) -> Panel | None:
        """Return the month's bars as they were known, None when none was."""
        first, last = month_of(date.fromisoformat(f"{month}-01"))
        try:
            return load_panel(
                self.lake, calendar=self.calendar, first=first, last=last, symbols=self.symbols, known_before=as_of
            )
        except DataNotFoundError:
            return None

    def chosen(self, features: Sequence[str] = (), *, groups: Sequence[str] = ()) -> Catalogue:
        """Return the features that names and groups stand for, in order; all that is configured for neither.

        Raises
        ------
        InvalidConfigError
            If there is no such feature or group.
        """
        if not features and not groups:
            return self.catalogue
        return self.known.subset(groups=tuple(groups), names=tuple(features))

    def _symbol(self, symbol: str) -> str:
        if symbol in self.symbols:
            return symbol
        near = get_close_matches(symbol, self.symbols, n=3)
        raise DataNotFoundError(
            "QTS-FEAT-026", "the lake has no bars of that symbol", where=BARS, found=symbol,
            expected=f"such as {', '.join(near or self.symbols[:3])}", fix="see `qts data list`",
        )  # fmt: skip


def _count(panel: Panel) -> int:
    return int((~np.isnan(panel["close"])).sum())
