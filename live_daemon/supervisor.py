"""Runs the daemon's tasks: one group, named tasks, a stop event, a deadline for draining (style guide; F11, F65)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

from live_daemon.loop import TradingLoop
from live_daemon.sender import Sender

__all__ = ["Supervisor"]

DRAIN_SECONDS: Final = 8.0


class Supervisor:
    """Keeps the parts running until the loop ends or somebody asks to stop.

    Parameters
    ----------
    services : list of (name, coroutine)
        What runs beside the loop; each ends by itself when `stop` is set.
    """

    def __init__(
        self, loop: TradingLoop, sender: Sender, stop: asyncio.Event,
        services: list[tuple[str, Coroutine[Any, Any, None]]], on_stopping: Callable[[], None],
    ) -> None:  # fmt: skip
        self._loop = loop
        self._sender = sender
        self._stop = stop
        self._services = services
        self._on_stopping = on_stopping

    async def run(self) -> None:
        """Run everything; an unexpected failure of any task ends the process, and starting again is recovery."""
        running = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            running.add_signal_handler(number, self._stop.set)
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._sender.run(), name="sender")
                for name, service in self._services:
                    group.create_task(service, name=name)
                trading = group.create_task(self._loop.run(), name="loop")
                stopped = asyncio.create_task(self._stop.wait(), name="stop")
                await asyncio.wait({trading, stopped, sending}, return_when=asyncio.FIRST_COMPLETED)
                self._stop.set()
                await self._drain(trading)
                self._on_stopping()
                sending.cancel()
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                running.remove_signal_handler(number)

    async def _drain(self, trading: asyncio.Task[None]) -> None:
        """Let the bar under way and its orders finish, but not forever."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.wait({trading})
                await self._sender.idle()
        except TimeoutError:
            trading.cancel()
