"""Watches the alias and swaps the model between two bars (specification 12.4; C-18; F68, F69)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from live_daemon.models import ModelSource, ReadyModel
from qts_core.market.errors import ModelError

__all__ = ["ModelWatch"]


class ModelWatch:
    """Polls the alias in a thread; a version that is refused is not tried again until the alias moves.

    Parameters
    ----------
    on_ready : callable
        Gets a verified model; called on the event loop.
    on_refused : callable
        Gets the reason why the promoted version does not trade.
    """

    def __init__(
        self, source: ModelSource, current: str, *, poll_seconds: float, on_ready: Callable[[ReadyModel], None],
        on_refused: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._source = source
        self._seen = current
        self._poll_seconds = poll_seconds
        self._on_ready = on_ready
        self._on_refused = on_refused

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set."""
        while self._source.is_watched and not stop.is_set():
            await self.look()
            try:
                await asyncio.wait_for(stop.wait(), self._poll_seconds)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Look once."""
        try:
            version = await asyncio.to_thread(self._source.wanted_version)
            if version is None or version == self._seen:
                return
            self._seen = version
            self._on_ready(await asyncio.to_thread(self._source.fetch))
        except ModelError as error:
            self._on_refused(error.line())
