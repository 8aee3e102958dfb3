"""`qts parity [SESSION]`: trade a live session again in the backtest and compare every decision (design 1.2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.dates import day_argument
from qts_core.cli.output import note, print_json
from qts_core.market.errors import DataNotFoundError, ExitCode

if TYPE_CHECKING:
    from qts_core.adapters.db.journal import Journal
    from qts_core.config.settings import Settings
    from qts_core.research.session_parity import SessionParity
    from qts_core.trading.decision import Decision

__all__ = ["app", "live_parity"]

app = typer.Typer(rich_markup_mode=None, help="Compare a live session with its backtest.", add_completion=False)


@app.command()
def parity(
    session: Annotated[date | None, day_argument(help="Day of the session; the last one by default.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Exit 0 when every decision of the session is bit for bit the backtest's, 3 when one differs.

    \b
    Examples:
      qts parity
      qts parity 2024-12-31 --json
    """
    from qts_core.adapters.settings_files import load_settings

    day, found = live_parity(load_settings().settings, session)
    if json_output:
        print_json({"session": day.isoformat(), "compared": found.compared, "differences": found.differences,
                    "first_difference": found.first})  # fmt: skip
    else:
        note(f"session {day}: {found.compared} decisions compared with the backtest, {found.differences} differ"
             + (f", first {found.first}" if found.first else ""))  # fmt: skip
    return int(ExitCode.CORRUPT) if found.differences else 0


def live_parity(settings: Settings, day: date | None = None) -> tuple[date, SessionParity]:
    """Compare the journalled decisions of `day` (the last session by default) with the backtest, and record it.

    Raises
    ------
    DataNotFoundError
        If the journal holds no decision of that day, or the account did not begin it in cash.
    """
    from qts_core.adapters.db.journal import Journal
    from qts_core.adapters.lake import Lake
    from qts_core.adapters.live_reports import record_parity
    from qts_core.market.calendar import xnys
    from qts_core.market.time import trading_day
    from qts_core.models.bundle import ModelBundle
    from qts_core.research.session_parity import backtest_session, compare_decisions
    from qts_core.trading.decision import Decision

    with Journal(settings.live_dir / "journal.db", create=False) as journal:
        decisions = [Decision.from_json(stored.body) for stored in journal.decisions()]
        chosen = day or (trading_day(decisions[-1].ts_event) if decisions else None)
        live = [d for d in decisions if trading_day(d.ts_event) == chosen]
        cash, model_path = _opening(journal, live)
    assert chosen is not None
    opened = xnys().on(chosen)
    assert opened is not None
    tested = backtest_session(
        Lake(settings.lake_dir), settings, ModelBundle.load(Path(model_path)).open(), live, opened, calendar=xnys(),
        cash=cash,
    )  # fmt: skip
    found = compare_decisions(live, tested)
    record_parity(settings.live_dir, chosen, found.compared, found.differences)
    return chosen, found


def _opening(journal: Journal, live: list[Decision]) -> tuple[Decimal, str]:
    epochs = journal.epochs()
    if not live or not epochs:
        raise DataNotFoundError(
            "QTS-DATA-001", "the journal holds no decision of that session", fix="see `qts replay all`"
        )
    if live[0].positions:
        raise DataNotFoundError(
            "QTS-DATA-001", "the account held positions before the session", where=live[0].decision_id,
            found=f"{len(live[0].positions)} positions", expected="a session that began in cash",
            fix="use `qts replay all`, which needs no beginning",
        )  # fmt: skip
    return Decimal(epochs[0].cash), epochs[0].model_path
