"""Several strategies' orders of one bar as one order per symbol, and its fills given back to them (checklist X-39).

A broker keeps one position per symbol and refuses orders that could trade with each other. So what one strategy buys
and another sells is crossed between their ledgers, and only the rest goes to the market, never through zero in one
order. All functions are exact: what is divided adds up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import cast

from qts_core.market.money import CENT, ZERO
from qts_core.market.orders import OrderSide

__all__ = ["Netted", "OrderShares", "divide", "divide_money", "net"]

SHARE_STEP = Decimal("0.000000001")
ONE = Decimal(1)


@dataclass(slots=True)
class OrderShares:
    """One order of the account and what of it is whose; lists go by the order of the strategies.

    Attributes
    ----------
    side : OrderSide
    names : list of str
        The strategies' own ids; empty where one has no part.
    wanted, done : list of Decimal
        Shares, positive.
    """

    side: OrderSide
    names: list[str]
    wanted: list[Decimal]
    done: list[Decimal]

    def left(self) -> list[Decimal]:
        """Return what each still wants."""
        return [wanted - done for wanted, done in zip(self.wanted, self.done, strict=True)]

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"side": self.side.value, "names": self.names, "wanted": [*map(str, self.wanted)],
                "done": [*map(str, self.done)]}  # fmt: skip

    @classmethod
    def from_json(cls, value: object) -> OrderShares:
        """Return what :meth:`to_json` wrote."""
        kept = cast(dict[str, list[str]], value)
        wanted, done = ([Decimal(each) for each in kept[name]] for name in ("wanted", "done"))
        return cls(OrderSide(cast(str, kept["side"])), list(kept["names"]), wanted, done)


@dataclass(frozen=True, slots=True)
class Netted:
    """What becomes of strategies' orders in one symbol; the tuples go by the order of the strategies.

    Attributes
    ----------
    crossed : tuple of Decimal
        Signed shares that each trades with the others; their sum is zero.
    sent : tuple of Decimal
        Signed shares of each in the order that goes to the market; all of one sign.
    dropped : tuple of Decimal
        Signed shares that are not traded at this bar, because the account's position would go through zero.
    """

    crossed: tuple[Decimal, ...]
    sent: tuple[Decimal, ...]
    dropped: tuple[Decimal, ...]

    @property
    def quantity(self) -> Decimal:
        """Signed shares for the market."""
        return sum(self.sent, ZERO)


def net(wanted: Sequence[Decimal], position: Decimal) -> Netted:
    """Cross what is opposite and cut the rest where the account's position would go through zero.

    Parameters
    ----------
    wanted : sequence of Decimal
        Signed shares that each strategy orders.
    position : Decimal
        Signed shares that the account holds.
    """
    bought, sold = _side(wanted, 1), _side(wanted, -1)
    both = min(sum(bought, ZERO), sum(sold, ZERO))
    buys, sells = divide(both, bought), divide(both, sold)
    crossed = tuple(b - s for b, s in zip(buys, sells, strict=True))
    left = tuple(w - c for w, c in zip(wanted, crossed, strict=True))
    rest = sum(left, ZERO)
    if position * rest >= 0 or abs(rest) <= abs(position):
        return Netted(crossed, left, tuple(ZERO for _ in wanted))
    sign = 1 if rest > 0 else -1
    sent = tuple(sign * share for share in divide(abs(position), [abs(share) for share in left]))
    return Netted(crossed, sent, tuple(all_ - some for all_, some in zip(left, sent, strict=True)))


def divide(quantity: Decimal, among: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Divide shares in proportion to what each still wants, whole shares where all are whole.

    Parameters
    ----------
    quantity : Decimal
        Shares, at most the sum of `among`.
    among : sequence of Decimal
        What each wants, none negative.

    Returns
    -------
    tuple of Decimal
        None more than it wants; the sum is `quantity`. What rounding leaves goes to the largest remainders.
    """
    total = sum(among, ZERO)
    if not quantity:
        return tuple(ZERO for _ in among)
    if quantity >= total:
        return tuple(among)
    step = ONE if all(share == share.to_integral_value() for share in (quantity, *among)) else SHARE_STEP
    exact = [quantity * share / total for share in among]
    given = [share.quantize(step, ROUND_DOWN) for share in exact]
    left = quantity - sum(given, ZERO)
    for i in sorted(range(len(among)), key=lambda i: (given[i] - exact[i], i)):
        more = min(step, left, among[i] - given[i])
        given[i] += more
        left -= more
    # With steps finer than a share's smallest part, one may be left over for whoever has room.
    for i in range(len(among)):
        more = min(left, among[i] - given[i])
        given[i] += more
        left -= more
    return tuple(given)


def divide_money(amount: Decimal, among: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Divide dollars in proportion to shares, whole cents but for the first one with shares, which gets the rest."""
    total = sum(among, ZERO)
    given = [(amount * share / total).quantize(CENT, ROUND_DOWN) if total else ZERO for share in among]
    first = next((i for i, share in enumerate(among) if share), 0)
    given[first] += amount - sum(given, ZERO)
    return tuple(given)


def _side(wanted: Sequence[Decimal], sign: int) -> list[Decimal]:
    return [max(ZERO, sign * share) for share in wanted]
