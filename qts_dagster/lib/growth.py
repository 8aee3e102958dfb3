"""Markets that grow by themselves: which sessions are missing, and how they are brought in (checklist C-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from qts_core.data.admission import Admission
from qts_core.data.market_source import MarketSource
from qts_core.market.calendar import Session, TradingCalendar, month_of
from qts_dagster.defs.resources import Platform

__all__ = ["SETTLED_AFTER", "bring_in", "feed_of", "last_settled", "missing_until"]

SETTLED_AFTER = timedelta(minutes=20)
"""After the close the source still corrects its last minutes; a session is asked for when that is over."""
Feed = Literal["iex", "sip"]
FEEDS: Mapping[str, Feed] = MappingProxyType({"alpaca iex": "iex", "alpaca sip": "sip"})
"""By the origin that a download records; once other files were mixed in, a market grows by hand."""


def feed_of(source: MarketSource) -> Feed | None:
    """Return the feed that brings a market new sessions; None for one that does not grow by itself.

    A market downloaded from Alpaca grows; a synthetic one is finished, one from files grows when a person imports more.
    """
    return None if source.is_synthetic else FEEDS.get(source.origin)


def last_settled(calendar: TradingCalendar, now: datetime) -> Session:
    """Return the last session that closed at least twenty minutes before `now`."""
    return calendar.last_closed(now - SETTLED_AFTER)


def missing_until(
    source: MarketSource, calendar: TradingCalendar, months: tuple[str, ...], now: datetime
) -> date | None:
    """Return the last session of `months` that a growing market should hold by now and does not; None if it has it."""
    if feed_of(source) is None or not months:
        return None
    due = min(last_settled(calendar, now).date, month_of(date.fromisoformat(f"{max(months)}-01"))[1])
    return due if due > source.last else None


def bring_in(platform: Platform, until: date, now: datetime) -> Admission | None:
    """Download the sessions that are missing up to `until`, check and admit them; None when there was nothing new.

    The last session that is there is asked for again: what its source corrected since comes in as revisions.

    Raises
    ------
    DataConnectionError, DataValidationError
        If the source cannot be reached, or its bars are refused; the lake is unchanged then.
    """
    from qts_core.adapters.alpaca.endpoint import endpoint_of
    from qts_core.adapters.alpaca.history import HistoryRequest, download_history
    from qts_core.data.downloads import admit_history

    source, settings, calendar = platform.source(), platform.settings, platform.calendar
    feed = feed_of(source)
    assert feed is not None
    request = HistoryRequest(source.symbols, source.last, until, feed)
    found = download_history(
        endpoint_of(settings.alpaca), request, folder=settings.home / "downloads", calendar=calendar, now=now,
        requests_per_minute=settings.alpaca.rate_limit_per_minute, progress=None,
    )  # fmt: skip
    admission = admit_history(
        platform.lake, found.frame, calendar=calendar, now=now, source=request.source, actions=found.actions,
        lineage=found.lineage, instruments=settings.universe.instruments(found.frame["symbol"].unique().sort()),
    )  # fmt: skip
    found.finish()
    return admission
