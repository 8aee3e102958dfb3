"""Watches the alias and swaps the model between two bars (specification 12.4; C-18; F68, F69)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from live_daemon.models import ModelSource, ReadyModel
from qts_core.market.errors import ModelError

__all__ = ["ModelWatch"]

UNREACHABLE = "QTS-MODEL-006"


class ModelWatch:
    """Polls the alias in a thread; each reason why a version does not trade is told once.

    A version that is refused is tried again when it gets another gate record, such as by `qts models promote --force`
    after somebody had moved the alias by hand; one that could not be had, at every look.

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
        self._current = current
        self._refused = ("", "")
        self._told = ""
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
        asked = ("", "")
        try:
            version = await asyncio.to_thread(self._source.wanted_version)
            if version is None or version == self._current:
                self._refused, self._told = ("", ""), ""
                return
            asked = version, await asyncio.to_thread(self._source.judged, version)
            if asked == self._refused:
                return
            ready = await asyncio.to_thread(self._source.fetch)
        except ModelError as error:
            if error.code != UNREACHABLE:
                self._refused = asked
            if error.line() != self._told:
                self._told = error.line()
                self._on_refused(self._told)
            return
        self._current, self._told = version, ""
        self._on_ready(ready)
