"""Verbs of the operator: status, halt, resume, kill, flatten, explain, check. None needs the daemon's cooperation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from live_daemon.latch import Latches
from live_daemon.paths import LivePaths, read_json
from qts_core.adapters.clock import SystemClock
from qts_core.adapters.settings_files import load_settings
from qts_core.cli.output import note, print_json, print_table
from qts_core.config.settings import Settings
from qts_core.market.errors import DataNotFoundError, ExitCode

__all__ = ["register"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the latch.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to `app`."""
    for verb in (status, halt, resume, kill, flatten, explain, check):
        app.command()(verb)


def _home() -> tuple[Settings, LivePaths, Latches, datetime]:
    settings = load_settings().settings
    paths = LivePaths(settings.home)
    return settings, paths, Latches(paths), SystemClock().now()


def status(json_output: Json = False) -> int:
    """Show mode, positions and limits of the running daemon."""
    import httpx

    _, paths, latches, _ = _home()
    running = read_json(paths.state)
    if running is None:
        latched = {"halted": latches.halted() is not None, "killed": latches.is_killed}
        print_json({"running": False, **latched}) if json_output else note(f"no daemon is running; latches: {latched}")
        return int(ExitCode.CONNECTION)
    try:
        content: dict[str, Any] = httpx.get(f"{running['dashboard']}/api/status", timeout=3.0).raise_for_status().json()
    except httpx.HTTPError as error:
        note(f"the daemon (process {running['pid']}) does not answer: {error}; `live-daemon kill` works all the same")
        return int(ExitCode.CONNECTION)
    if json_output:
        print_json(content)
        return 0
    names = ("mode", "reason", "trading_mode", "account", "clock", "equity", "day_pnl", "risk_mode")
    print_table(("what", "now"), [(name, str(content[name])) for name in names])
    if content["positions"]:
        columns = ("symbol", "quantity", "mark", "value", "weight", "unrealised")
        print_table(columns, [tuple(row[c] for c in columns) for row in content["positions"]])
    return 0


def halt(reason: Reason = "operator", json_output: Json = False) -> None:
    """Stop entries; exits still leave. Stays across restarts until `resume`."""
    _, _, latches, now = _home()
    latches.halt(reason, now)
    _say("halted", json_output=json_output, reason=reason)


def resume(
    reason: Reason = "operator",
    reset_kill: Annotated[bool, typer.Option("--reset-kill", help="Take the kill latch off as well.")] = False,
    json_output: Json = False,
) -> int:
    """Take the halt latch off; the kill latch, and what losses have latched, only with --reset-kill."""
    _, _, latches, now = _home()
    if latches.is_killed and not reset_kill:
        note("the kill latch is set: look at the account first, then `live-daemon resume --reset-kill`")
        return int(ExitCode.KILLED)
    latches.release_halt()
    if reset_kill:
        latches.release_kill()
        latches.request("release", reason, now)
    _say("resumed", json_output=json_output, reason=reason)
    return 0


def kill(
    reason: Reason = "operator",
    flatten_too: Annotated[
        bool, typer.Option("--flatten/--keep-positions", help="Close every position as well.")
    ] = True,
    json_output: Json = False,
) -> int:
    """Latch the kill switch, cancel every order and close every position, without the daemon and its database."""
    from live_daemon.kill import kill as kill_switch

    settings, paths, _, now = _home()
    result = kill_switch(paths, settings, reason, now, is_flatten=flatten_too)
    _say(
        "killed", json_output=json_output, reason=reason, latched_seconds=round(result.latched_seconds, 4),
        broker_seconds=round(result.broker_seconds, 4), cancelled=result.cancelled, closing=result.closing,
        problem=result.problem,
    )  # fmt: skip
    return int(ExitCode.CONNECTION) if result.problem else 0


def flatten(reason: Reason = "operator", json_output: Json = False) -> int:
    """Halt, then cancel every order and close every position."""
    from live_daemon.kill import broker_address, close_everything

    settings, paths, latches, now = _home()
    latches.halt(f"flatten: {reason}", now)
    if read_json(paths.state) is not None:
        latches.request("flatten", reason, now)
        _say("flatten requested", json_output=json_output, reason=reason)
        return 0
    address = broker_address(paths, settings)
    cancelled, closing, problem = (
        close_everything(*address, is_flatten=True) if address else (0, 0, "no broker is known")
    )
    _say("flattened", json_output=json_output, cancelled=cancelled, closing=closing, problem=problem)
    return int(ExitCode.CONNECTION) if problem else 0


def explain(
    order: Annotated[str, typer.Argument(help="Client order id, broker order id, or a part of one.")],
    json_output: Json = False,
) -> None:
    """Lead from an order to its decision, verdicts, model and features."""
    from live_daemon.explain import explain_order
    from qts_core.adapters.db.journal import Journal

    _, paths, _, _ = _home()
    with Journal(paths.journal, create=False) as journal:
        content = explain_order(journal, order)
    if content is None:
        raise DataNotFoundError(
            "QTS-DATA-001", "no such order in the journal", where=str(paths.journal), found=order,
            expected="an id as `live-daemon status` shows it",
        )  # fmt: skip
    if json_output:
        print_json(content)
    else:
        print_table(("what", "value"), [(key, _short(value)) for key, value in content.items()])


def check(json_output: Json = False) -> int:
    """Check settings, latches, lock, journal chain and model without trading; exit 0 when all is well."""
    from live_daemon.checks import run_checks

    settings, paths, latches, _ = _home()
    report = run_checks(settings, paths, latches)
    if json_output:
        print_json(report.to_dict())
    else:
        print_table(("check", "ok", "detail"), [(c.name, c.is_ok, c.detail) for c in report.checks])
    return 0 if report.is_ok else int(ExitCode.USER_ERROR)


def _say(what: str, *, json_output: bool, **fields: object) -> None:
    if json_output:
        print_json({"done": what, "at": datetime.now(UTC).isoformat(), **fields})  # noqa: TID251 - a stamp for people
    else:
        note(what + "".join(f", {k} {v}" for k, v in fields.items() if v not in ("", None)))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 300 else text[:299] + "…"
