"""The composition root of the daemon: chooses adapters, recovers, and runs (specification 12; design 5.7)."""

from __future__ import annotations

import asyncio

from live_daemon import embedded
from live_daemon.api.server import open_port
from live_daemon.daemon import Daemon, Outcome
from live_daemon.endpoints import EMBEDDED
from live_daemon.event_log import EventLog
from live_daemon.lease import InstanceLock
from live_daemon.models import ModelSource
from live_daemon.options import RunOptions
from live_daemon.paths import LivePaths
from qts_core.config.settings import Settings
from qts_core.market.calendar import xnys

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
    listener = open_port(settings.trading.dashboard_host, options.dashboard_port)
    try:
        address, process = None, None
        if options.exchange == EMBEDDED:
            address = embedded.attach(paths)
            if address is None:
                process = embedded.start(paths, settings.home, _exchange_arguments(options))
        calendar = xnys()
        source = ModelSource(options.model, settings, paths)
        try:
            ready = source.load()
        except BaseException:
            if process is not None:
                process.terminate()
            raise
        if process is not None:
            address = embedded.wait_ready(paths, process)
        app = Daemon(options, settings, paths, log, calendar, source, ready, started)
        return asyncio.run(app.run(address, listener, is_new_account=process is not None))
    finally:
        paths.state.unlink(missing_ok=True)
        listener.close()
        log.close()
        lock.release()


def _exchange_arguments(options: RunOptions) -> tuple[str, ...]:
    return ("--speed", options.speed, *options.exchange_arguments)
