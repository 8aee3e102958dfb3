"""How the book is spread: Herfindahl's index, the largest positions, and what each has earned (10.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["Concentration", "concentration", "equity_delta", "position_profit"]


@dataclass(frozen=True, slots=True)
class Concentration:
    """Spread of a book.

    Attributes
    ----------
    herfindahl : float
        Sum of squared shares of the gross exposure: 1 for one position, 1/n for n equal ones, 0 for none.
    effective : float
        Positions that would be as concentrated if they were equal: 1 / `herfindahl`; 0 for none.
    largest, largest_five : float
        |weight| of the largest and of the five largest positions, ratios of equity.
    squares : float
        Sum of squared weights, the index of equity: what ``limit.concentration`` caps.
    """

    herfindahl: float
    effective: float
    largest: float
    largest_five: float
    squares: float


def concentration(weight: Floats) -> Concentration:
    """Return how concentrated `weight` [N] is, ratios of equity."""
    size = np.sort(np.abs(weight[~np.isnan(weight)]))[::-1]
    gross, squares = float(size.sum()), float(np.square(size).sum())
    if gross == 0.0:
        return Concentration(0.0, 0.0, 0.0, 0.0, 0.0)
    index = squares / gross**2
    return Concentration(index, 1.0 / index, float(size[0]), float(size[:5].sum()), squares)


def position_profit(quantity: Floats, average_price: Floats, mark: Floats) -> Floats:
    """Return the open profit of each position, USD [N]; NaN where a position has no price."""
    profit: Floats = np.where(quantity == 0.0, 0.0, quantity * (mark - average_price))
    return profit


def equity_delta(quantity: Floats, mark: Floats) -> Floats:
    """Return the dollars that each position gains when its price rises by one unit of itself, [N].

    A share has delta 1, and neither gamma, vega nor theta; the book holds no options.
    """
    delta: Floats = np.where(quantity == 0.0, 0.0, quantity * mark)
    return delta
