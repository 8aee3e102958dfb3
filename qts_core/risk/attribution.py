"""Where the profit of a span came from: held positions, trades against the close, costs, income; it adds up (10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qts_core.market.money import ZERO
from qts_core.market.orders import Execution

__all__ = ["Attribution", "SymbolProfit", "attribute", "by_group"]


@dataclass(frozen=True, slots=True)
class SymbolProfit:
    """Profit of one symbol over a span, USD, exact.

    Attributes
    ----------
    holding : Decimal
        What the shares held at the start earned from price to price.
    trading : Decimal
        What the trades earned from their prices to the last: selection and timing within the span.
    costs : Decimal
        Commissions and fees, negative.
    income : Decimal
        Dividends received, negative if paid.
    """

    holding: Decimal = ZERO
    trading: Decimal = ZERO
    costs: Decimal = ZERO
    income: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Sum of the parts."""
        return self.holding + self.trading + self.costs + self.income

    def __add__(self, other: SymbolProfit) -> SymbolProfit:
        return SymbolProfit(
            self.holding + other.holding, self.trading + other.trading, self.costs + other.costs,
            self.income + other.income,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribution:
    """Profit of a span by symbol, and what no symbol explains: interest, transfers, a missing fill."""

    symbols: Mapping[str, SymbolProfit]
    unexplained: Decimal

    @property
    def total(self) -> Decimal:
        """Change of the equity over the span."""
        return sum((profit.total for profit in self.symbols.values()), self.unexplained)


def attribute(
    held: Mapping[str, Decimal], executions: Sequence[Execution], first: Mapping[str, Decimal],
    last: Mapping[str, Decimal], change: Decimal, income: Mapping[str, Decimal] | None = None,
) -> Attribution:  # fmt: skip
    """Return where a change of equity came from.

    Parameters
    ----------
    held : mapping of str to Decimal
        Signed shares at the start; a split within the span is the caller's to undo.
    executions : sequence of Execution
        Of the span.
    first, last : mapping of str to Decimal
        Price of each symbol at start and end, USD.
    change : Decimal
        Equity at the end less that at the start, USD.
    income : mapping of str to Decimal, optional
        Dividends by symbol.

    Raises
    ------
    KeyError
        If a symbol that is held or traded has no price.
    """
    profits = {
        symbol: SymbolProfit(holding=shares * (last[symbol] - first[symbol]))
        for symbol, shares in held.items()
        if shares
    }
    for fill in executions:
        gain = fill.quantity * fill.side.sign * (last[fill.symbol] - fill.price)
        part = SymbolProfit(trading=gain, costs=-fill.commission)
        profits[fill.symbol] = profits.get(fill.symbol, SymbolProfit()) + part
    for symbol, cash in (income or {}).items():
        profits[symbol] = profits.get(symbol, SymbolProfit()) + SymbolProfit(income=cash)
    ordered = dict(sorted(profits.items()))
    return Attribution(ordered, change - sum((p.total for p in ordered.values()), ZERO))


def by_group(found: Attribution, groups: Mapping[str, str]) -> dict[str, SymbolProfit]:
    """Return the profit of each group, such as sectors or models, by name."""
    sums: dict[str, SymbolProfit] = {}
    for symbol, profit in found.symbols.items():
        group = groups[symbol]
        sums[group] = sums.get(group, SymbolProfit()) + profit
    return dict(sorted(sums.items()))
