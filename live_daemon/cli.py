"""``live-daemon``: run, exchange, status, halt, resume, kill, flatten, explain, check (specification 12, 10.4).

Imports are light: a twin is refused, and the kill switch works, before anything heavy is loaded.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from live_daemon import cli_control
from live_daemon.import_guard import install
from live_daemon.options import LOCKSTEP, RunOptions, TradingMode
from qts_core.cli.errors import run_command
from qts_core.market.errors import InvalidConfigError

__all__ = ["app", "main"]

STARTED = time.monotonic()

app = typer.Typer(help="The daemon that trades.", no_args_is_help=True, add_completion=False)
cli_control.register(app)


@app.command()
def run(
    mode: Annotated[str, typer.Option(help="dry (sends nothing), paper or live; default from trading.yaml.")] = "",
    exchange: Annotated[
        str, typer.Option(help="embedded, alpaca, or a paper exchange's address; default alpaca with keys.")
    ] = "",
    speed: Annotated[
        str, typer.Option(help="Virtual seconds a second of the embedded exchange, or 'lockstep'.")
    ] = "60",
    session: Annotated[str, typer.Option(help="Session that the embedded exchange replays, YYYY-MM-DD.")] = "",
    bars: Annotated[Path | None, typer.Option(help="Bars for the embedded exchange instead of the lake.")] = None,
    cash: Annotated[str, typer.Option(help="Cash of the embedded exchange's account, USD.")] = "",
    fill_mode: Annotated[str, typer.Option(help="Fill mode of the embedded exchange.")] = "",
    model: Annotated[str, typer.Option(help="Bundle folder or models:/NAME@ALIAS; default the champion.")] = "",
    until_close: Annotated[
        bool | None, typer.Option("--until-close/--keep-running", help="End after the session; default with lockstep.")
    ] = None,
    dashboard_port: Annotated[int, typer.Option(min=-1, max=65535, help="Port of the page; 0 = a free one.")] = -1,
    confirm: Annotated[bool, typer.Option("--confirm", help="Needed for live mode.")] = False,
    account: Annotated[str, typer.Option(help="Live mode: the account number, typed.")] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")] = False,
) -> int:
    """Trade: recover, reconcile, decide at every bar, report at the close."""
    install()
    # Imports and warm-up make half a million lasting objects; the collector would walk them again and again.
    gc.disable()
    from live_daemon.lease import probe
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    probe(settings.live_dir / "daemon.lock")
    chosen = _mode(mode or settings.trading.mode, is_confirmed=confirm)
    where = exchange or ("alpaca" if settings.alpaca.has_keys else "embedded")
    if where == "embedded" and chosen == "live":
        raise _wrong("--mode", "live", "paper with the embedded exchange")
    passed = {"--session": session, "--bars": str(bars) if bars else "", "--cash": cash, "--fill-mode": fill_mode}
    options = RunOptions(
        chosen, where, speed, tuple(part for k, v in passed.items() if v for part in (k, v)), model,
        until_close if until_close is not None else speed == LOCKSTEP and where == "embedded",
        settings.trading.dashboard_port if dashboard_port < 0 else dashboard_port, json_output, account,
    )  # fmt: skip
    from live_daemon.app import run_daemon
    from live_daemon.summary import show

    outcome = run_daemon(options, settings, started=STARTED)
    show(outcome.summary, is_json=json_output)
    return int(outcome.exit_code)


def _mode(text: str, *, is_confirmed: bool) -> TradingMode:
    if text == "dry":
        return "dry"
    if text == "paper":
        return "paper"
    if text == "live" and is_confirmed:
        return "live"
    expected = "--confirm and --account beside it" if text == "live" else "dry, paper or live"
    raise _wrong("--mode", text, expected)


def _wrong(option: str, found: str, expected: str) -> InvalidConfigError:
    return InvalidConfigError(
        "QTS-CLI-001", "A command-line argument is wrong", where=option, found=found, expected=expected
    )


def _add_exchange() -> None:
    """Mount the exchange's command; only its own process pays for its imports."""
    from live_daemon.paper_exchange.command import exchange

    app.command(name="exchange")(exchange)


def main() -> None:
    """Run the command line."""
    if (len(sys.argv) > 1 and sys.argv[1] == "exchange") or "--help" in sys.argv[1:2]:
        _add_exchange()
    sys.exit(run_command(app, "live-daemon"))
