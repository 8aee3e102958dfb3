"""The models that predict beside the champion: found by alias, fed after it has decided, never in its way (spec. 7.3).

A bar is handed to them when the champion's decision is in the journal and its orders have left. They work one after the
other in one thread; what they foretold is written to the journal as a note. A shadow that fails, or is too slow, is
switched off and said to be so; trading goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from live_daemon.day import TradingDay
from live_daemon.desk import Desk
from live_daemon.models import PREFIX, ModelSource, ReadyModel
from live_daemon.paths import LivePaths
from live_daemon.recovery import Recovery
from live_daemon.shadow import Scored, Shadow, ShadowState
from qts_core.config.settings import Settings
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.errors import ModelError, TradingSystemError
from qts_core.market.time import to_micros
from qts_core.ports.clock import Clock
from qts_core.ports.live_predictions import SHADOW_NOTE, LivePrediction
from qts_core.trading.decision import Decision
from qts_core.trading.predictors import Predictor

__all__ = ["Shadows"]

FINISH_SECONDS: Final = 10.0
"""How long the end of a run waits for shadows that are still at work."""
OPENING_SECONDS: Final = 0.05
MOST_WAITING: Final = 500
"""Bars that may wait for a shadow; beyond them it has lost its place."""
Told = Callable[[str, dict[str, object]], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Bar:
    """A closed bar and what the champion made of it; None where it only caught up."""

    bar: BarSlice
    decision: Decision | None


class Shadows:
    """Every shadow of a run; all methods are called on the event loop's thread.

    Parameters
    ----------
    desk : Desk
        Of the champion: its journal, its last decision.
    day : TradingDay
        Tells which bars closed.
    tell : callable
        Gets what is worth a line in the log.
    name : str
        Registered model whose versions predict.
    horizon : callable
        Returns the bars that the champion's scores speak of.
    """

    def __init__(
        self, settings: Settings, paths: LivePaths, calendar: TradingCalendar, desk: Desk, day: TradingDay,
        clock: Clock, tell: Told, *, name: str, horizon: Callable[[], int],
    ) -> None:  # fmt: skip
        self._settings, self._paths, self._calendar = settings, paths, calendar
        self._desk, self._day, self._clock, self._tell = desk, day, clock, tell
        self._chosen, self._horizon = settings.trading.shadows, horizon
        self._sources = {a: ModelSource(f"{PREFIX}{name}@{a}", settings, paths) for a in self._chosen.model_aliases}
        self._shadows: dict[str, Shadow] = {}
        self._waiting: list[_Bar] = []
        self._jobs: set[asyncio.Future[object]] = set()
        self._thread = ThreadPoolExecutor(1, "shadows") if self._sources else None
        self.comparison: list[dict[str, object]] = []
        if self._sources:
            day.after_bar = self._closed

    # --- the service ----------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Look after the aliases until `stop` is set."""
        wait = self._settings.trading.daemon.model_poll_seconds
        if self._sources:
            self._start(self._compared)
        while self._sources and not stop.is_set():
            session = self._day.session
            if session is not None:
                await self._look(session)
            try:
                await asyncio.wait_for(stop.wait(), wait if session is not None else OPENING_SECONDS)
            except TimeoutError:
                continue

    async def finish(self) -> None:
        """Let what is under way come to its end, but not forever, and compare what there is."""
        if self._thread is None:
            return
        self.release()
        self._start(self._compared)
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=FINISH_SECONDS)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _look(self, session: Session) -> None:
        for alias, source in self._sources.items():
            try:
                version = await asyncio.to_thread(source.wanted_version)
            except ModelError:
                continue  # the registry is down: whoever runs, runs on
            known = self._shadows.get(alias)
            if version == (known.version if known is not None else None):
                continue
            self._shadows.pop(alias, None)
            if version is not None:
                self._begin(alias, version, source, session)
            else:
                self._tell("shadow.stopped", {"alias": alias, "reason": "no version carries the alias any more"})

    def _begin(self, alias: str, version: str, source: ModelSource, session: Session) -> None:
        shadow = Shadow(alias, version, self._chosen.budget_seconds)
        # Bars that close from here on follow in the same thread, so none is missed and none comes twice.
        self.release()
        self._shadows[alias] = shadow
        warmed = partial(self._warmed, session)
        symbols = tuple(sorted(self._desk.core.predictor.symbols))
        job = partial(shadow.load, source.fetch_for_shadow, warmed, self._day.seen, symbols)
        self._start(job, shadow, lambda _: self._loaded(shadow))

    def _warmed(self, session: Session, ready: ReadyModel) -> Predictor:
        recovery = Recovery(self._settings, self._paths, self._calendar, ready, lambda _: None)
        return recovery.fresh_predictor(session, self._desk.core)

    def _loaded(self, shadow: Shadow) -> None:
        shadow.state = ShadowState.RUNNING
        self._tell("shadow.loaded", {"alias": shadow.alias, "model_id": shadow.model_id, "version": shadow.version})

    # --- bars -----------------------------------------------------------------------------------------------------

    def _closed(self, bar: BarSlice) -> None:
        """Hear of a bar whose decision is in the journal."""
        last = self._desk.last_decision
        self._waiting.append(_Bar(bar, last if last is not None and last.ts_event == bar.ts_event else None))

    def release(self) -> None:
        """Let the shadows have the bars that closed; the champion's orders have left."""
        waiting, self._waiting = self._waiting, []
        for shadow in [s for s in self._shadows.values() if s.state is not ShadowState.FAILED]:
            if len(self._jobs) > MOST_WAITING:
                self._lost(shadow, f"{len(self._jobs)} bars are waiting for it")
                continue
            for each in waiting:
                self._start(partial(shadow.score, each.bar), shadow, partial(self._scored, shadow, each))

    def _scored(self, shadow: Shadow, each: _Bar, found: object) -> None:
        if not isinstance(found, Scored) or shadow.state is ShadowState.FAILED:
            return
        decision, is_well = each.decision, shadow.scored(found)
        if decision is not None and decision.model_id != shadow.model_id:
            self._note(shadow, each.bar, decision, found)
        if not is_well:
            self._lost(shadow, shadow.reason)

    def _note(self, shadow: Shadow, bar: BarSlice, decision: Decision, found: Scored) -> None:
        record = LivePrediction(
            to_micros(bar.ts_event), decision.model_id, shadow.model_id, shadow.alias,
            (self._horizon(), shadow.horizon_bars), bar.symbols, bar.close * bar.factor, decision.score, found.scores,
        )  # fmt: skip
        try:
            self._desk.journal.note(self._clock.now(), SHADOW_NOTE, record.to_body())
        except TradingSystemError as error:
            self._lost(shadow, error.line())

    # --- the thread -----------------------------------------------------------------------------------------------

    def _start(
        self, work: Callable[[], object], shadow: Shadow | None = None, then: Callable[[object], None] | None = None
    ) -> None:
        """Do `work` in the thread, then tell `then` on the event loop; what goes wrong ends `shadow` alone."""
        assert self._thread is not None
        job = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._jobs.add(job)

        def done(finished: asyncio.Future[object]) -> None:
            self._jobs.discard(finished)
            if finished.cancelled():
                return
            error = finished.exception()
            if error is None:
                if then is not None:
                    then(finished.result())
            elif shadow is not None and shadow.state is not ShadowState.FAILED:
                self._lost(shadow, error.line() if isinstance(error, TradingSystemError) else repr(error))

        job.add_done_callback(done)

    def _lost(self, shadow: Shadow, reason: str) -> None:
        shadow.failed(reason)
        self._tell("shadow.failed", {"alias": shadow.alias, "version": shadow.version, "reason": reason})

    def _compared(self) -> None:
        from qts_core.adapters.live_predictions import read_live_predictions
        from qts_core.research.live_comparison import compare_live

        found = compare_live(read_live_predictions(self._folder), alpha=self._chosen.alpha, calendar=self._calendar)
        self.comparison = [each.to_json() for each in found]

    @property
    def _folder(self) -> Path:
        return self._paths.folder

    # --- what people see ------------------------------------------------------------------------------------------

    def to_json(self) -> list[dict[str, object]]:
        """Return every shadow with how it compares with the champion so far."""
        champion, found = self._desk.core.predictor.model_id, []
        for shadow in self._shadows.values():
            pair = {"champion": champion, "shadow": shadow.model_id}
            told = [each for each in self.comparison if each.items() >= pair.items()]
            found.append({**shadow.to_json(), "against_champion": told[0]["result"] if told else "nothing to compare"})
        return found
