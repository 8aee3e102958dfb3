"""One strategy under optimistic, realistic and pessimistic costs; the pessimistic run is judged (9.2, 11.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from qts_core.backtest.results import BacktestResult
from qts_core.exchange import FillMode, FillSettings, fill_settings

__all__ = ["COST_MODES", "CostModes", "run_cost_modes"]

COST_MODES = (FillMode.OPTIMISTIC, FillMode.REALISTIC, FillMode.PESSIMISTIC)


@dataclass(frozen=True, slots=True, eq=False)
class CostModes:
    """The same strategy under several cost modes, from flattering to harsh."""

    results: Mapping[FillMode, BacktestResult]

    @property
    def verdict(self) -> BacktestResult:
        """The result that counts: the harshest one's."""
        return self.results[list(self.results)[-1]]

    def cost_sensitivity(self) -> float:
        """Return how much of the final equity the costs decide: first less last mode, ratio of the initial cash."""
        first, last = (self.results[mode] for mode in (next(iter(self.results)), list(self.results)[-1]))
        return first.summary()["net_return"] - last.summary()["net_return"]


def run_cost_modes(
    run: Callable[[FillSettings], BacktestResult],
    *,
    fills: Callable[[FillMode], FillSettings] = fill_settings,
    modes: Sequence[FillMode] = COST_MODES,
) -> CostModes:
    """Run a backtest once for each cost mode, in order.

    Parameters
    ----------
    run : callable
        Runs the backtest with these fills; it makes its predictor anew each time, unless that has no state::

            run_cost_modes(lambda fills: run_event_backtest(panel, predictor, settings, instruments=..., fills=fills))
    fills : callable
        Gives the settings of a mode; the presets by default.
    modes : sequence of FillMode
        From flattering to harsh: the verdict is the last one's.

    Raises
    ------
    ValueError
        If there is no mode.
    """
    if not modes:
        raise ValueError("no cost mode to run")
    return CostModes(MappingProxyType({mode: run(fills(mode)) for mode in modes}))
