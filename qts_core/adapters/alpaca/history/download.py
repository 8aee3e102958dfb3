"""Download years of bars with their corporate actions, chunk by chunk, resumable (specification 5.1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.history.client import HistoryClient
from qts_core.adapters.alpaca.history.request import CHUNK_SYMBOLS, SETTLED_AFTER, Chunk, HistoryRequest, plan_chunks
from qts_core.adapters.alpaca.history.stage import Stage
from qts_core.data.building.resample import resample_bars
from qts_core.data.grid import place_bars
from qts_core.data.schemas import ACTION_SCHEMA, BAR_SCHEMA, empty
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.time import trading_day
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["HistoryDownload", "Progress", "download_history"]

BOOKED_WITHIN: Final = timedelta(days=120)
"""The server sorts actions by the day it books them, up to some months after the ex-date."""
ACTION_YEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a download stands, told after each answered request and each finished chunk.

    Attributes
    ----------
    done, chunks : int
        Finished chunks and all of them, corporate actions included.
    resumed : int
        Finished ones that an earlier run had downloaded.
    requests, bars : int
        Sent and received so far by this run.
    doing : str
        What is being asked for, for people.
    """

    done: int
    chunks: int
    resumed: int
    requests: int
    bars: int
    doing: str


@dataclass(frozen=True, slots=True, eq=False)
class HistoryDownload:
    """What a download brought; call :meth:`finish` when the lake holds it.

    Attributes
    ----------
    request : HistoryRequest
        What was asked for.
    frame : DataFrame
        Of ``BAR_SCHEMA``: raw prices of the regular sessions, at the platform's bar length.
    actions : DataFrame
        Of ``ACTION_SCHEMA``, with an ex-date within the request's days.
    missing : tuple of str
        Symbols without a single bar.
    unknown_actions : mapping of str to int
        Kinds of actions that QTS has no word for, with their counts.
    counts : mapping of str to int
        requests, chunks, chunks_resumed, bars, bars_out_of_session, actions.
    """

    request: HistoryRequest
    frame: pl.DataFrame
    actions: pl.DataFrame
    missing: tuple[str, ...]
    unknown_actions: Mapping[str, int]
    counts: Mapping[str, int]
    stage: Stage = field(repr=False)

    @property
    def lineage(self) -> dict[str, str]:
        """Provenance for the lake's partitions."""
        asked = self.request
        return {
            "feed": asked.feed, "first": asked.first.isoformat(), "last": asked.last.isoformat(),
            "bar_minutes": str(asked.bar_minutes), "request": asked.key,
        }  # fmt: skip

    def finish(self) -> None:
        """Remove the staged chunks."""
        self.stage.clear()


def download_history(
    endpoint: Endpoint,
    request: HistoryRequest,
    *,
    folder: Path,
    calendar: TradingCalendar,
    now: datetime,
    requests_per_minute: int = 200,
    progress: Callable[[Progress], None] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> HistoryDownload:
    """Download what `request` names; chunks that an interrupted run has finished are not asked for again.

    Parameters
    ----------
    endpoint : Endpoint
        Alpaca, or an exchange that speaks its protocol.
    folder : Path
        Where chunks are staged, a folder of its own for each request; ``QTS_HOME/downloads`` by convention.
    calendar : TradingCalendar
        Sessions; bars out of session are counted and left out.
    now : datetime
        Bars that have not ended some minutes before it are left out: they may still change.
    requests_per_minute : int
        Budget of the plan.
    progress : callable, optional
        Told how it goes.
    monotonic, wait : callable
        Seconds that never step back; wait some seconds. For tests.

    Raises
    ------
    DataNotFoundError
        If the days hold no session, or the server has no bar of any symbol.
    DataConnectionError, InvalidConfigError, DataValidationError
        As :class:`~qts_core.adapters.alpaca.history.transport.PatientTransport` says. Finished chunks stay.
    """
    chunks = plan_chunks(request, calendar, now)
    run = _Run(
        endpoint, request, Stage(folder / request.key), chunks, requests_per_minute, progress, monotonic, wait,
        calendar, now,
    )  # fmt: skip
    bars, (actions, unknown) = pl.concat(run.bars()), run.actions(trading_day(now))
    if bars.is_empty():
        raise DataNotFoundError(
            "QTS-DATA-045", "the server has no bar of these symbols in these days",
            where=f"{request.first} to {request.last}", found=", ".join(request.symbols),
            expected="at least one bar", fix="check symbols, days and feed",
        )  # fmt: skip
    inside = bars.unique(["symbol", "ts_event"], keep="last").sort("ts_event", "symbol")
    counts = {
        "requests": run.client.requests,
        "chunks": len(chunks),
        "chunks_resumed": run.resumed,
        "bars": inside.height,
        "bars_out_of_session": run.out_of_session,
        "actions": actions.height,
    }
    missing = tuple(sorted(set(request.symbols) - set(inside["symbol"].unique())))
    return HistoryDownload(request, inside, actions, missing, unknown, counts, run.stage)


class _Run:
    """One run of a download: what is done, and telling of it."""

    def __init__(
        self, endpoint: Endpoint, request: HistoryRequest, stage: Stage, chunks: tuple[Chunk, ...], per_minute: int,
        progress: Callable[[Progress], None] | None, monotonic: Callable[[], float], wait: Callable[[float], None],
        calendar: TradingCalendar, now: datetime,
    ) -> None:  # fmt: skip
        self.request = request
        self.out_of_session = 0
        self._calendar = calendar
        self._settled = now - SETTLED_AFTER
        self.stage = stage
        self.chunks = chunks
        self.resumed = 0
        self._done = 0
        self._bars = 0
        self._doing = ""
        self._progress = progress
        self._batches = [request.symbols[i : i + CHUNK_SYMBOLS] for i in range(0, len(request.symbols), CHUNK_SYMBOLS)]
        self.client = HistoryClient(
            endpoint, requests_per_minute=per_minute, monotonic=monotonic, wait=wait, on_answer=self._tell
        )

    def bars(self) -> list[pl.DataFrame]:
        frames = []
        for chunk in self.chunks:
            frame = self.stage.load(chunk.name) if chunk.is_final else None
            if frame is not None:
                self.resumed += 1
            else:
                self._doing = f"{chunk.month}, {len(chunk.symbols)} symbols"
                frame = self.client.bars(
                    chunk.symbols, chunk.start, chunk.end, bar_minutes=self.request.bar_minutes,
                    feed=self.request.feed,
                )  # fmt: skip
                if chunk.is_final:
                    self.stage.keep(chunk.name, frame)
                self._bars += frame.height
            frames.append(self._in_session(frame))
            self._done += 1
            self._tell()
        return [empty(BAR_SCHEMA), *frames]

    def _in_session(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a chunk's bars of the regular sessions that are final, built up to the platform's length."""
        starts = frame["ts_event"].to_physical().to_numpy()
        is_in = place_bars(starts, self._calendar, self.request.bar_minutes).in_session
        self.out_of_session += frame.height - int(is_in.sum())
        bars = frame.filter(pl.Series(is_in, dtype=pl.Boolean))
        if self.request.bar_minutes != BAR_MINUTES:
            bars = resample_bars(bars, calendar=self._calendar)
        return bars.filter(pl.col("ts_known") <= self._settled)

    def actions(self, today: date) -> tuple[pl.DataFrame, dict[str, int]]:
        """Return the actions with an ex-date within the request's days, and counts of unknown kinds."""
        frames, unknown = [empty(ACTION_SCHEMA)], dict[str, int]()
        end = min(self.request.last + BOOKED_WITHIN, today)
        first = min(self.request.first, end)
        while first <= end:
            last = min(first + ACTION_YEAR, end)
            for batch in self._batches:
                self._doing = f"corporate actions, {first.year}"
                found = self.client.corporate_actions(batch, first, last)
                frames.append(found.frame)
                for kind, count in found.unknown.items():
                    unknown[kind] = unknown.get(kind, 0) + count
            first = last + timedelta(days=1)
        self._tell()
        in_span = pl.col("ex_date").is_between(self.request.first, self.request.last)
        asked = pl.col("symbol").is_in(self.request.symbols)
        joined = pl.concat(frames).filter(in_span & asked).unique(maintain_order=True)
        return joined.sort("ex_date", "symbol", "kind"), unknown

    def _tell(self) -> None:
        if self._progress is not None:
            done, chunks, sent = self._done, len(self.chunks), self.client.requests
            self._progress(Progress(done, chunks, self.resumed, sent, self._bars, self._doing))
