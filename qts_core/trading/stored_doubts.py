"""How sure models were of predictions made earlier: each fold's own calibration, laid out on bars and symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.uncertainty import Doubt, UncertaintyModel

__all__ = ["StoredDoubts"]


@dataclass(frozen=True, slots=True, eq=False)
class StoredDoubts:
    """Doubts of T bars and N symbols.

    Attributes
    ----------
    models : tuple of UncertaintyModel
        One a fold.
    fold : int64 [T]
        Which of them predicted at the bar; -1 = none.
    spread : float64 [T, N]
    chances : float64 [T, N, K], optional
    disagreement : float64 [T, N], optional
    """

    models: tuple[UncertaintyModel, ...]
    fold: NDArray[np.int64]
    spread: Floats
    chances: Floats | None = None
    disagreement: Floats | None = None

    def at(self, row: int) -> Doubt | None:
        """Return the doubt of a bar, None when nothing was predicted."""
        if self.fold[row] < 0:
            return None
        return Doubt(
            self.models[self.fold[row]],
            self.spread[row],
            None if self.chances is None else self.chances[row],
            None if self.disagreement is None else self.disagreement[row],
        )

    def silent(self) -> StoredDoubts:
        """Return the same without any rule of abstention."""
        return replace(self, models=tuple(model.silent() for model in self.models))

    @classmethod
    def of_rows(cls, doubts: Sequence[Doubt], bars: int) -> StoredDoubts | None:
        """Lay out doubts of one model, whose rows follow each other bar by bar; None when there are none."""
        if not doubts:
            return None
        spread = np.concatenate([doubt.spread for doubt in doubts])
        chances = [doubt.chances for doubt in doubts if doubt.chances is not None]
        apart = [doubt.disagreement for doubt in doubts if doubt.disagreement is not None]
        shape = (bars, len(spread) // bars)
        return cls(
            (doubts[0].model,),
            np.zeros(bars, dtype=np.int64),
            spread.reshape(shape),
            np.concatenate(chances).reshape(*shape, -1) if chances else None,
            np.concatenate(apart).reshape(shape) if apart else None,
        )
