"""`qts data download`: years of bars and corporate actions from Alpaca into the lake (specification 5.1)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.shared import JsonOption, open_lake, show_report
from qts_core.cli.dates import check_span, day_option
from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import DataValidationError, InvalidConfigError, MissingConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qts_core.adapters.alpaca.history import HistoryDownload, HistoryRequest, Progress
    from qts_core.adapters.lake import Lake
    from qts_core.config.settings import Settings
    from qts_core.data.admission import Admission
    from qts_core.data.quality.report import QualitySettings

__all__ = ["download"]


class FeedChoice(StrEnum):
    """Where bars come from."""

    IEX = "iex"
    SIP = "sip"


class Length(StrEnum):
    """Minutes of a downloaded bar."""

    ONE = "1"
    FIFTEEN = "15"


class Refusal(StrEnum):
    """What to do with symbols that break a refusing rule."""

    STOP = "stop"
    DROP = "drop"


def download(
    first: Annotated[date, day_option("--first", help="First session day.")],
    last: Annotated[date | None, day_option("--last", help="Last session day; default the last closed one.")] = None,
    symbols: Annotated[
        str, typer.Option(help="Symbols, separated by commas; default the whole universe, auxiliary ones included.")
    ] = "",
    feed: Annotated[
        FeedChoice | None, typer.Option(help="One exchange or the whole market; default ALPACA_FEED.")
    ] = None,
    minutes: Annotated[
        Length, typer.Option(help="Length of the bars asked for; those of 1 are built into 15 here.")
    ] = Length.FIFTEEN,
    refused: Annotated[Refusal, typer.Option(help="Stop at symbols that break a rule, or drop them.")] = Refusal.STOP,
    max_gap_bars: Annotated[int, typer.Option(min=0, help="Most bars that may be missing in a row.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked for, and ask nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Download bars and corporate actions from Alpaca, check them, write them to the lake and clean them.

    Interrupted, the same command goes on where it stopped. Bars that the lake holds already stand once; a bar that
    Alpaca has changed since is kept beside the earlier one as a revision known from now on.

    \b
    Examples:
      qts data download --first 2020-01-01 --dry-run
      qts data download --first 2024-01-02 --last 2024-03-28 --symbols AAPL,MSFT --feed sip
    """
    from qts_core.adapters.alpaca.endpoint import endpoint_of
    from qts_core.adapters.alpaca.history import download_history
    from qts_core.adapters.clock import SystemClock
    from qts_core.data.downloads import refuse_another_feed
    from qts_core.data.quality.report import QualitySettings
    from qts_core.market.calendar import xnys

    now = SystemClock().now()
    settings, lake = open_lake()
    request = _request(settings, first, last, symbols, feed, int(minutes), now)
    if dry_run:
        _show_plan(settings, request, now, is_json=json)
        return
    refuse_another_feed(lake, request.source)
    endpoint = endpoint_of(settings.alpaca)
    with _bar(is_quiet=json) as progress:
        found = download_history(
            endpoint, request, folder=settings.home / "downloads", calendar=xnys(), now=now,
            requests_per_minute=settings.alpaca.rate_limit_per_minute, progress=progress,
        )  # fmt: skip
    _tell_gaps(found)
    quality = QualitySettings(max_gap_bars=max_gap_bars)
    admission = _admitted(lake, found, settings, now, quality, is_dropping=refused is Refusal.DROP)
    found.finish()
    _show_result(found, admission, is_json=json)


def _request(
    settings: Settings, first: date, last: date | None, symbols: str, feed: FeedChoice | None, minutes: int,
    now: datetime,
) -> HistoryRequest:  # fmt: skip
    from qts_core.adapters.alpaca.history import HistoryRequest
    from qts_core.market.calendar import xnys
    from qts_core.market.time import trading_day

    check_span(first, last, today=trading_day(now), first_name="--first", last_name="--last")
    until = last or xnys().last_closed(now).date
    check_span(first, until, today=trading_day(now), first_name="--first", last_name="the last closed session")
    chosen = settings.alpaca.feed if feed is None else feed.value
    if chosen not in ("iex", "sip"):
        raise InvalidConfigError(
            "QTS-CLI-001", "the feed has no history", where="ALPACA_FEED", found=chosen, expected="iex or sip",
            fix="give --feed",
        )  # fmt: skip
    names = _symbols(symbols) or settings.universe.all_symbols
    if not names:
        raise MissingConfigError(
            "QTS-CONF-001", "the universe is empty", where="universe.yaml", expected="symbols", fix="give --symbols"
        )
    return HistoryRequest(names, first, until, "sip" if chosen == "sip" else "iex", minutes)


def _symbols(text: str) -> tuple[str, ...]:
    from qts_core.market.instruments import canonical_symbol

    found = set()
    for part in filter(None, (p.strip() for p in text.split(","))):
        symbol = canonical_symbol(part)
        if symbol is None:
            raise DataValidationError(
                "QTS-DATA-007",
                "not a US equity symbol",
                where="--symbols",
                found=part,
                expected="such as AAPL or BRK.B",
            )
        found.add(symbol)
    return tuple(sorted(found))


def _show_plan(settings: Settings, request: HistoryRequest, now: datetime, *, is_json: bool) -> None:
    from qts_core.adapters.alpaca.history.request import estimate, plan_chunks
    from qts_core.adapters.alpaca.history.stage import Stage
    from qts_core.market.calendar import xnys

    chunks = plan_chunks(request, xnys(), now)
    stage = Stage(settings.home / "downloads" / request.key)
    left = tuple(c for c in chunks if not (c.is_final and stage.has(c.name)))
    expected = estimate(left, request.bar_minutes, settings.alpaca.rate_limit_per_minute)
    plan = {
        "symbols": len(request.symbols), "first": request.first.isoformat(), "last": request.last.isoformat(),
        "feed": request.feed, "bar_minutes": request.bar_minutes, "adjustment": "raw",
        "server": settings.alpaca.data_url, "chunks": len(chunks), "chunks_resumed": len(chunks) - len(left),
        "requests_at_most": expected.requests, "bars_at_most": expected.bars,
        "requests_per_minute": settings.alpaca.rate_limit_per_minute,
        "seconds_at_least": round(expected.seconds),
    }  # fmt: skip
    if is_json:
        print_json({**plan, "symbol_list": request.symbols})
    else:
        print_table(("what", "value"), list(plan.items()))


def _tell_gaps(found: HistoryDownload) -> None:
    """Say what the server did not have, and what QTS has no word for."""
    if found.missing:
        note(f"warning: no bars of {', '.join(found.missing)}")
    for kind, count in sorted(found.unknown_actions.items()):
        note(f"warning: {count} corporate actions of kind {kind} are not known to QTS and were left out")


def _admitted(
    lake: Lake, found: HistoryDownload, settings: Settings, now: datetime, quality: QualitySettings, *,
    is_dropping: bool,
) -> Admission | None:  # fmt: skip
    from qts_core.data.downloads import admit_history
    from qts_core.market.calendar import xnys

    return admit_history(
        lake, found.frame, calendar=xnys(), now=now, source=found.request.source,
        actions=found.actions, settings=quality, drop_refused=is_dropping,
        lineage=found.lineage, instruments=settings.universe.instruments(found.frame["symbol"].unique().sort()),
    )  # fmt: skip


def _show_result(found: HistoryDownload, admission: Admission | None, *, is_json: bool) -> None:
    counts: dict[str, object] = dict(found.counts)
    if admission is None:
        counts |= {"rows": 0, "months": 0, "clean_rows": 0, "quarantined_rows": 0}
        note("the lake held all of these bars already")
    else:
        counts |= {
            "rows": admission.registration.rows,
            "months": len(admission.registration.months),
            "clean_rows": sum(c.clean.height for c in admission.cleaned.values()),
            "quarantined_rows": sum(c.quarantine.height for c in admission.cleaned.values()),
        }
        for line in (*admission.notes, *([f"dropped: {', '.join(admission.dropped)}"] if admission.dropped else [])):
            note(line)
        show_report(admission.registration.report)
    if is_json:
        report = None if admission is None else admission.registration.report.to_dict()
        dropped = () if admission is None else admission.dropped
        more = {"missing": found.missing, "dropped": dropped, "unknown_actions": found.unknown_actions}
        print_json({**counts, "source": found.request.source, **more, "report": report})
    else:
        print_table(tuple(counts), [tuple(counts.values())])


@contextmanager
def _bar(*, is_quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Show a progress bar on a terminal; elsewhere nothing."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("downloading", total=None)

        def tell(state: Progress) -> None:
            text = f"{state.doing} · {state.bars:,} bars · {state.requests} requests"
            shown.update(task, completed=state.done, total=state.chunks, description=text)

        yield tell
