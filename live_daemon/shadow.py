"""One model that predicts beside the champion, in a thread of its own; it never trades (specification 7.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from live_daemon.models import ReadyModel
from qts_core.market.bars import BarSlice
from qts_core.market.errors import ModelLoadError
from qts_core.market.panel import Floats
from qts_core.trading.predictors import Predictor

__all__ = ["Scored", "Shadow", "ShadowState"]

SLOW_BARS: Final = 3
"""So many bars in a row beyond the budget switch a shadow off."""


class ShadowState(StrEnum):
    """What a shadow is doing."""

    LOADING = "loading"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What a shadow foretold at one bar: float64 [N], in the order of the bar's symbols."""

    scores: Floats
    seconds: float


@dataclass(slots=True, eq=False)
class Shadow:
    """A model by the alias that asked for it.

    `load` and `score` run in a worker thread; the rest is for the event loop. Whatever goes wrong ends the shadow
    alone.
    """

    alias: str
    version: str
    budget_seconds: float
    state: ShadowState = ShadowState.LOADING
    reason: str = ""
    model_id: str = ""
    horizon_bars: int = 0
    bars: int = 0
    seconds: float = 0.0
    _slow: int = 0
    _predictor: Predictor | None = field(default=None, repr=False)

    def load(
        self, fetch: Callable[[], ReadyModel], warmed: Callable[[ReadyModel], Predictor], seen: Sequence[BarSlice],
        symbols: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Get the model ready and bring it to the last of the bars `seen` today.

        Raises
        ------
        ModelLoadError
            If it reads other symbols than the champion, whose bars are all there is.
        """
        ready = fetch()
        if tuple(sorted(ready.model.manifest.training.symbols)) != symbols:
            raise ModelLoadError(
                "QTS-MODEL-079", "the shadow reads other symbols than the champion", where=self.alias,
                found=len(ready.model.manifest.training.symbols), expected=f"the champion's {len(symbols)}",
                fix="train both on the same universe",
            )  # fmt: skip
        predictor = warmed(ready)
        for bar in seen:
            predictor.advance(bar)
        self.model_id, self.horizon_bars = ready.model.model_id, ready.model.horizon_bars
        self._predictor = predictor

    def score(self, bar: BarSlice) -> Scored | None:
        """Move on by one bar and score it; None once it has failed."""
        predictor, started = self._predictor, time.perf_counter()
        if predictor is None:
            return None
        scores = np.asarray(predictor.predict(bar).score)
        return Scored(scores, time.perf_counter() - started)

    def scored(self, found: Scored) -> bool:
        """Take note of a bar; False when the shadow is too slow to go on."""
        self.bars += 1
        self.seconds = found.seconds
        self._slow = self._slow + 1 if found.seconds > self.budget_seconds else 0
        if self._slow >= SLOW_BARS:
            self.failed(f"it took more than {self.budget_seconds:g} s for each of {SLOW_BARS} bars in a row")
        return self.state is ShadowState.RUNNING

    def failed(self, reason: str) -> None:
        """Switch it off for good; another version under its alias begins anew."""
        self.state, self.reason, self._predictor = ShadowState.FAILED, reason, None

    def to_json(self) -> dict[str, object]:
        """Return plain values for the status page."""
        return {
            "alias": self.alias, "version": self.version, "model_id": self.model_id, "state": self.state.value,
            "reason": self.reason, "bars": self.bars, "seconds": round(self.seconds, 6),
        }  # fmt: skip
