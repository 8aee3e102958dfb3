"""The composition root of the daemon: chooses adapters, recovers, and runs (specification 12; design 5.7).

The embedded exchange is started first and gets ready while this process imports what it needs: modules that take long
to import are imported after that, inside functions.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from live_daemon import embedded
from live_daemon.crash_loop import StartRecord
from live_daemon.embedded import EMBEDDED, ExchangeAddress
from live_daemon.event_log import EventLog
from live_daemon.latch import Latches
from live_daemon.lease import InstanceLock
from live_daemon.options import LOCKSTEP, RunOptions
from live_daemon.paths import LivePaths
from qts_core.adapters.clock import SystemClock
from qts_core.config.settings import Settings

if TYPE_CHECKING:
    from live_daemon.daemon import Outcome

__all__ = ["run_daemon"]


def run_daemon(options: RunOptions, settings: Settings, *, started: float) -> Outcome:
    """Run the daemon until it is told to stop or the session is over.

    Parameters
    ----------
    started : float
        Monotonic seconds at which the process began, for `ready_seconds`.

    Raises
    ------
    AnotherInstanceError
        At once, if a daemon runs in this home.
    """
    paths = LivePaths(settings.home)
    lock = InstanceLock(paths.lock)
    log = EventLog(paths.log, is_quiet=options.is_json)
    address, process = None, None
    try:
        if options.exchange == EMBEDDED:
            address = embedded.attach(paths, _arguments(options) if options.exchange_arguments else ())
            if address is None:
                process = embedded.start(paths, settings.home, _arguments(options))
            elif address.speed == LOCKSTEP:
                options = replace(options, until_close=True)
        return _run(options, settings, paths, log, address, process, started)
    except BaseException:
        if process is not None and not paths.exchange.exists():
            # Its address was never noted, so no later daemon could find it.
            process.terminate()
        raise
    finally:
        paths.state.unlink(missing_ok=True)
        log.close()
        lock.release()


def _arguments(options: RunOptions) -> tuple[str, ...]:
    return ("--speed", options.speed, *options.exchange_arguments)


def _run(
    options: RunOptions, settings: Settings, paths: LivePaths, log: EventLog, address: ExchangeAddress | None,
    process: subprocess.Popen[bytes] | None, started: float,
) -> Outcome:  # fmt: skip
    """Import what trades, load the model, and run on the exchange that is there or on its way."""
    import asyncio

    from live_daemon.api.server import open_port
    from live_daemon.daemon import Daemon
    from live_daemon.hot import check_hot_values
    from live_daemon.models import ModelSource
    from live_daemon.triggers import system_error
    from qts_core.market.calendar import xnys

    check_hot_values(settings)
    with open_port(settings.trading.dashboard_host, options.dashboard_port) as listener:
        source = ModelSource(options.model, settings, paths)
        ready = source.load()
        calendar = xnys()
        if process is not None:
            address = embedded.wait_ready(paths, process, _arguments(options))
        daemon = Daemon(options, settings, paths, log, calendar, source, ready, started)
        # Whatever refuses to start before this point cannot have traded, so it counts as no crash.
        starts, now = StartRecord(paths.starts), SystemClock().now()
        if (looping := starts.begin(now)) is not None:
            system_error(Latches(paths), settings.risk.kill_switch, looping, now)
        outcome = asyncio.run(daemon.run(address, listener, is_new_account=process is not None))
        starts.end()
        return outcome
