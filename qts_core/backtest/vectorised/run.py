"""Target weights, or signals, to an equity curve in one compiled pass, to the cent (specification 11.1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.backtest.vectorised.loop import Actions, Bars, Terms, simulate
from qts_core.backtest.vectorised.orders import Directions, Wishes
from qts_core.backtest.vectorised.results import VectorisedResult, empty_ledger, result_of
from qts_core.backtest.vectorised.signals import as_directions
from qts_core.backtest.vectorised.state import NOTHING
from qts_core.backtest.vectorised.terms import actions_of, bars_of, stopped, terms_of
from qts_core.exchange import FillSettings
from qts_core.market.errors import ConfigurationError
from qts_core.market.membership import Flags
from qts_core.market.money import dollars
from qts_core.market.panel import Floats, Panel

__all__ = ["Prepared", "Size", "run_vectorised_backtest", "run_vectorised_signals", "sized"]


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """How large a position is.

    Attributes
    ----------
    amount : float or float64 [N]
        Not negative.
    is_shares : bool
        Whether `amount` counts shares; otherwise it is the share of equity at the bar that decides to open.
    """

    amount: float | Floats
    is_shares: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A market and its terms as the compiled loop reads them: prepared once, run many times.

    Attributes
    ----------
    panel : Panel
    bars, actions, terms
        For the loop.
    cash : float
        USD at the start.
    members : bool [T, N] or None
        Where each symbol belongs to the universe.
    """

    panel: Panel
    bars: Bars
    actions: Actions
    terms: Terms
    cash: float
    members: Flags | None

    @classmethod
    def of(
        cls, panel: Panel, fills: FillSettings, cash: Decimal, *, actions: pl.DataFrame | None = None,
        members: Flags | None = None, fractional: bool | NDArray[np.bool_] = False,
    ) -> Prepared:  # fmt: skip
        """Lay out what every run shares; see :func:`run_vectorised_backtest`."""
        terms = terms_of(fills, cash, panel.symbols, fractional)
        table = actions_of(actions, panel, fills, has_parts=bool(terms.is_fractional.any()))
        return cls(panel, bars_of(panel, fills), table, terms, dollars(cash), members)

    @property
    def shape(self) -> tuple[int, int]:
        """Bars and symbols."""
        return len(self.panel), len(self.panel.symbols)

    def run(self, wishes: Wishes, *, keep_positions: bool = True) -> VectorisedResult:
        """Run what is wished.

        Raises
        ------
        ConfigurationError
            If the run comes to something that only the event engine does.
        """
        ledger = empty_ledger(*self.shape, keep_positions=keep_positions)
        row, why = simulate(self.bars, wishes, self.actions, self.terms, ledger)
        if why != NOTHING:
            raise stopped(self.panel, row, why)
        return result_of(ledger, self.panel.timeline, self.panel.symbols, self.cash)

    def of_directions(self, directions: Directions, size: Floats, *, is_shares: bool) -> Wishes:
        """Return directions, int8 [T, N], as wishes."""
        if self.members is not None:
            directions = np.where(self.members, directions, np.int8(0))
        return Wishes(np.zeros((0, len(size))), directions, size, is_shares)


def sized(size: Size | float, breadth: int) -> tuple[Floats, bool]:
    """Return the amount per column, float64 [N], and whether it counts shares.

    Raises
    ------
    ConfigurationError
        If an amount is negative or not finite.
    """
    chosen = size if isinstance(size, Size) else Size(size)
    amount: Floats = np.broadcast_to(np.asarray(chosen.amount, dtype=np.float64), (breadth,)).copy()
    if not bool(np.all((amount >= 0.0) & (amount < np.inf))):
        raise ConfigurationError(
            "QTS-EXEC-041", "a size is none", found=str(amount[~((amount >= 0.0) & (amount < np.inf))][0]),
            expected="a finite number of at least 0",
        )  # fmt: skip
    return amount, chosen.is_shares


def run_vectorised_backtest(
    panel: Panel,
    weights: Floats,
    *,
    fills: FillSettings,
    cash: Decimal = Decimal(100_000),
    actions: pl.DataFrame | None = None,
    members: Flags | None = None,
    fractional: bool | NDArray[np.bool_] = False,
    keep_positions: bool = True,
) -> VectorisedResult:
    """Trade target weights over history: what the event engine does with them when no limit binds.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols.
    weights : float64 [T, N]
        Wanted share of equity, decided at each bar's close from what was known then; NaN = leave as it is.
    fills : FillSettings
        Spread, slippage, fees, borrowing; market orders.
    cash : Decimal
        USD at the start.
    actions : DataFrame, optional
        Splits and dividends, ``ACTION_SCHEMA``.
    members : bool [T, N], optional
        Where each symbol belongs to the universe; elsewhere its weight is zero, whatever `weights` say.
    fractional : bool or bool [N]
        Whether parts of a share are ordered; never short.
    keep_positions : bool
        Whether the result holds the shares of every bar.

    Raises
    ------
    ConfigurationError
        If shapes differ, or something is asked for that only the event engine does to the cent.
    """
    if weights.shape != panel["close"].shape:
        raise ConfigurationError(
            "QTS-EXEC-041", "weights have the wrong shape", found=str(weights.shape),
            expected=str(panel["close"].shape),
        )  # fmt: skip
    prepared = Prepared.of(panel, fills, cash, actions=actions, members=members, fractional=fractional)
    if members is not None:
        weights = np.where(members, weights, 0.0)
    breadth = len(panel.symbols)
    wishes = Wishes(
        np.ascontiguousarray(weights, dtype=np.float64), np.zeros((0, breadth), np.int8), np.zeros(breadth), False
    )
    return prepared.run(wishes, keep_positions=keep_positions)


def run_vectorised_signals(
    panel: Panel,
    directions: object,
    *,
    fills: FillSettings,
    size: Size | float | None = None,
    cash: Decimal = Decimal(100_000),
    actions: pl.DataFrame | None = None,
    members: Flags | None = None,
    fractional: bool | NDArray[np.bool_] = False,
    keep_positions: bool = True,
) -> VectorisedResult:
    """Trade directions over history: each symbol is brought to long, flat or short and left alone while it is there.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols.
    directions : array of bool or number [T, N]
        Decided at each bar's close: positive long, zero flat, negative short, NaN = leave as it is; from entries and
        exits with :func:`directions_of`. A wish that could not fill - a missing bar, the session's end - stands until
        the direction is reached or changes.
    size : Size or float, optional
        Of a position, share of equity when it is opened; ``1 / N`` by default.
    fills, cash, actions, members, fractional, keep_positions
        As of :func:`run_vectorised_backtest`.

    Raises
    ------
    ConfigurationError
        If shapes differ, or something is asked for that only the event engine does to the cent.
    """
    breadth = len(panel.symbols)
    amount, is_shares = sized(1.0 / max(breadth, 1) if size is None else size, breadth)
    prepared = Prepared.of(panel, fills, cash, actions=actions, members=members, fractional=fractional)
    chosen = as_directions(directions, prepared.shape)
    return prepared.run(prepared.of_directions(chosen, amount, is_shares=is_shares), keep_positions=keep_positions)
