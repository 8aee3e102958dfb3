"""What a walk-forward optimisation is asked for: windows, objective, search, guards (specification 11.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qts_core.config.search import OBJECTIVES, SEARCH_METHODS
from qts_core.market.errors import InvalidConfigError
from qts_core.training.folds.walk_forward import MONTH_SCHEMES, Windows

__all__ = ["Unit", "WalkForwardSettings", "refused"]

Unit = Literal["months", "sessions"]


@dataclass(frozen=True, slots=True)
class WalkForwardSettings:
    """Everything that is chosen before the first trial; the defaults are the scheme of specification 11.4.

    Attributes
    ----------
    windows : Windows
        Training, tuning (``validation``; 0 = none), test and step in `unit`: 12, 0, 3, 3 months give 16 windows over
        60 months.
    unit : {"months", "sessions"}
    is_anchored : bool
        Whether every training window begins with the first bar rather than rolling on.
    purge_bars : int
        Bars kept free before a test (and before a tuning window); never fewer than the strategy's horizon.
    holdout_sessions : int
        Last sessions that nothing here touches.
    objective : str
        ``sharpe``, ``sortino``, ``return_over_drawdown``, ``ic``, or ``module:function``.
    method : str
        ``grid``, ``random``, ``tpe``, ``gp_ei``, ``gp_ucb``, ``genetic``.
    trials : int
        Of each window; a grid has as many as it has points.
    grid_levels : int
        Values of each range in a grid.
    blocks : int
        Parts of a training window whose own figures are compared.
    instability_penalty : float
        Taken from the objective for each standard deviation between these parts: a regularised objective.
    max_drawdown : float
        Of a trial that may be chosen, ratio.
    finalists : int
        Best trials of the training window among which the tuning window chooses.
    fewest_trades : int
        Of a trial that may be chosen.
    seed : int
    """

    windows: Windows = field(default_factory=lambda: MONTH_SCHEMES["optimisation"])
    unit: Unit = "months"
    is_anchored: bool = False
    purge_bars: int = 5
    holdout_sessions: int = 0
    objective: str = "sharpe"
    method: str = "grid"
    trials: int = 50
    grid_levels: int = 5
    blocks: int = 4
    instability_penalty: float = 0.1
    max_drawdown: float = 0.5
    finalists: int = 5
    fewest_trades: int = 5
    seed: int = 7

    def __post_init__(self) -> None:
        known = [method for method in SEARCH_METHODS if method != "hyperband"]
        if self.method not in known:
            raise refused("the method of search is not known", "--method", self.method, ", ".join(known))
        if self.objective not in OBJECTIVES and ":" not in self.objective:
            expected = f"{', '.join(OBJECTIVES)} or module:function"
            raise refused("the objective is not known", "--objective", self.objective, expected)
        if self.unit not in ("months", "sessions"):
            raise refused("windows have another unit", "--unit", self.unit, "months or sessions")
        for name in ("trials", "grid_levels", "blocks", "finalists"):
            if getattr(self, name) < 1:
                raise refused("a number is too small", f"--{name.replace('_', '-')}", getattr(self, name), "1 or more")


def refused(what: str, where: str, found: object, expected: str) -> InvalidConfigError:
    """Return the error of a walk-forward that cannot be run so."""
    return InvalidConfigError("QTS-EXEC-065", what, where=where, found=str(found)[:120], expected=expected)
