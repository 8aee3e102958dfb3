"""Many parameter combinations of one strategy on one market, on every core, in bounded memory (specification 11.4).

Each combination is the run that :func:`run_vectorised_signals` makes of it, bit for bit, on one core or on many: a
combination is computed by one thread, and nothing is added up across threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.backtest.vectorised.loop import Actions, Bars, Terms
from qts_core.backtest.vectorised.metrics import METRIC_NAMES, session_ends
from qts_core.backtest.vectorised.orders import Directions
from qts_core.backtest.vectorised.run import Prepared, Size, sized
from qts_core.backtest.vectorised.signals import as_directions
from qts_core.backtest.vectorised.state import NOTHING
from qts_core.backtest.vectorised.sweep_kernels import run_crossings, run_directions
from qts_core.backtest.vectorised.terms import stopped
from qts_core.exchange import FillSettings
from qts_core.market.errors import ConfigurationError
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel

__all__ = ["Crossings", "SweepResult", "grid", "sweep"]

MEGABYTE = 1 << 20
Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """A family of strategies: long while one line is above another, otherwise flat, or short.

    Attributes
    ----------
    line : callable
        Gives the line of one parameter, float64 [T, N], NaN where there is none yet: that leaves a symbol as it is.
    fast, slow : str
        Names of the two parameters in a combination.
    is_short : bool
        Whether a line below the other is short, instead of flat.
    """

    line: Callable[[object], Floats]
    fast: str = "fast"
    slow: str = "slow"
    is_short: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """The metrics of every combination.

    Attributes
    ----------
    parameters : tuple of mapping
        The C combinations, in the order given.
    metrics : float64 [C, M]
        By the names of ``METRIC_NAMES``.
    """

    parameters: tuple[Parameters, ...]
    metrics: Floats

    def of(self, name: str) -> Floats:
        """Return one metric of every combination, float64 [C]."""
        return self.metrics[:, METRIC_NAMES.index(name)]

    def frame(self) -> pl.DataFrame:
        """Return a row per combination: its parameters, then its metrics."""
        left = pl.DataFrame([dict(each) for each in self.parameters])
        return left.hstack(pl.DataFrame(self.metrics, schema=list(METRIC_NAMES), orient="row"))

    def best(self, name: str = "sharpe_ratio") -> Parameters:
        """Return the combination with the highest value of a metric; the first of equals.

        Raises
        ------
        ValueError
            If no combination has one.
        """
        values = self.of(name)
        if np.isnan(values).all():
            raise ValueError(f"no combination has a {name}")
        return self.parameters[int(np.nanargmax(values))]


def grid(**values: Iterable[object]) -> tuple[Parameters, ...]:
    """Return every combination of the values of each parameter, the last one running fastest."""
    return tuple(dict(zip(values, each, strict=True)) for each in itertools.product(*values.values()))


def sweep(
    panel: Panel,
    strategy: Crossings | Callable[..., object],
    combinations: Iterable[Parameters],
    *,
    fills: FillSettings,
    size: Size | float | None = None,
    cash: Decimal = Decimal(100_000),
    actions: pl.DataFrame | None = None,
    members: Flags | None = None,
    fractional: bool | NDArray[np.bool_] = False,
    cores: int | None = None,
    memory_mb: int = 512,
) -> SweepResult:
    """Run every combination and return its metrics.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols.
    strategy : Crossings or callable
        What gives the directions [T, N] of a combination when called with its parameters as keywords; lines that
        cross need no such array.
    combinations : iterable of mapping
        For example of :func:`grid`.
    fills, size, cash, actions, members, fractional
        As of :func:`run_vectorised_signals`.
    cores : int, optional
        Threads; all by default.
    memory_mb : int
        About how much the arrays of combinations that are computed together may take; at least two lines, or one
        combination a core.

    Raises
    ------
    ConfigurationError
        If a combination has no directions, or comes to something that only the event engine does.
    """
    breadth = len(panel.symbols)
    amount, is_shares = sized(1.0 / max(breadth, 1) if size is None else size, breadth)
    prepared = Prepared.of(panel, fills, cash, actions=actions, members=members, fractional=fractional)
    wanted = tuple(combinations)
    metrics = np.empty((len(wanted), len(METRIC_NAMES)))
    job = _Sweep(prepared, amount, is_shares, wanted, metrics, memory_mb * MEGABYTE)
    before = numba.get_num_threads()
    numba.set_num_threads(before if cores is None else min(cores, before))
    try:
        job.cross(strategy) if isinstance(strategy, Crossings) else job.call(strategy)
    finally:
        numba.set_num_threads(before)
    return SweepResult(wanted, metrics)


@dataclass(frozen=True, slots=True, eq=False)
class _Sweep:
    """One sweep: what is run, and where its metrics go."""

    prepared: Prepared
    amount: Floats
    is_shares: bool
    wanted: Sequence[Parameters]
    metrics: Floats
    budget: int

    def call(self, strategy: Callable[..., object]) -> None:
        """Run the directions that `strategy` gives, as many combinations together as memory allows."""
        bars, breadth = self.prepared.shape
        together = max(numba.get_num_threads(), self.budget // max(1, bars * breadth))
        batch: Directions = np.empty((min(together, len(self.wanted)), bars, breadth), dtype=np.int8)
        for first in range(0, len(self.wanted), together):
            part = self.wanted[first : first + together]
            for i, parameters in enumerate(part):
                batch[i] = self._known(as_directions(strategy(**parameters), (bars, breadth)))
            out = self.metrics[first : first + len(part)]
            stops = run_directions(*self._market(), batch[: len(part)], self.amount, self.is_shares, out)
            self._check(stops, part)

    def cross(self, family: Crossings) -> None:
        """Run crossing lines, as many lines together as memory allows."""
        bars, breadth = self.prepared.shape
        room = max(2, self.budget // max(1, 8 * bars * breadth))
        members = np.ones((0, breadth), dtype=np.bool_) if self.prepared.members is None else self.prepared.members
        for part in _with_few_lines(self.wanted, family, room):
            names = list(dict.fromkeys(self.wanted[i][key] for i in part for key in (family.fast, family.slow)))
            lines = np.empty((len(names), bars, breadth))
            for place, name in enumerate(names):
                line = np.asarray(family.line(name), dtype=np.float64)
                if line.shape != (bars, breadth):
                    raise ConfigurationError(
                        "QTS-EXEC-042", "a line of a sweep has the wrong shape", where=f"parameter {name}",
                        found=str(line.shape), expected=str((bars, breadth)),
                    )  # fmt: skip
                lines[place] = line
            pairs = np.array([[names.index(self.wanted[i][key]) for key in (family.fast, family.slow)] for i in part])
            out = np.empty((len(part), len(METRIC_NAMES)))
            stops = run_crossings(
                *self._market(), lines, pairs, family.is_short, members, self.amount, self.is_shares, out
            )
            self._check(stops, [self.wanted[i] for i in part])
            self.metrics[part] = out

    def _market(self) -> tuple[Bars, Actions, Terms, float, NDArray[np.int64]]:
        ready = self.prepared
        return ready.bars, ready.actions, ready.terms, ready.cash, session_ends(ready.panel.timeline)

    def _known(self, directions: Directions) -> Directions:
        members = self.prepared.members
        return directions if members is None else np.where(members, directions, np.int8(0))

    def _check(self, stops: NDArray[np.int64], part: Sequence[Parameters]) -> None:
        for (row, why), parameters in zip(stops.tolist(), part, strict=True):
            if why != NOTHING:
                problem = stopped(self.prepared.panel, row, why)
                problem.add_note(f"combination {dict(parameters)}")
                raise problem


def _with_few_lines(wanted: Sequence[Parameters], family: Crossings, room: int) -> Iterator[list[int]]:
    """Divide the combinations, in an order that uses a line while it is there, into parts of at most `room` lines."""
    rest = sorted(range(len(wanted)), key=lambda i: (repr(wanted[i][family.slow]), repr(wanted[i][family.fast])))
    lines: set[object] = set()
    part: list[int] = []
    for i in rest:
        more = {wanted[i][family.fast], wanted[i][family.slow]}
        if part and len(lines | more) > room:
            yield part
            lines, part = set(), []
        lines |= more
        part.append(i)
    if part:
        yield part
