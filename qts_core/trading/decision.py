"""The record of one decision: all that led to it, and the hashes that let it be made again (design section 4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import cast

from qts_core.market.events import Command, SubmitOrder
from qts_core.market.light import light
from qts_core.market.orders import OrderRequest
from qts_core.market.panel import Floats
from qts_core.risk.modes import RiskMode
from qts_core.risk.verdict import Verdict
from qts_core.trading.decision_text import (
    Remembered,
    RememberedBytes,
    RememberedItems,
    bits,
    moment_text,
    request_text,
    tuple_text,
    verdict_text,
)
from qts_core.trading.exact_json import canonical, decode, encode, parse

__all__ = ["DecidedOrder", "Decision", "Hashes", "Output", "RecordDecision"]


@dataclass(frozen=True, slots=True)
class Hashes:
    """What a decision depends on beside its inputs."""

    configuration: str = ""
    catalogue: str = ""
    model: str = ""
    code: str = ""
    data: str = ""


@light
@dataclass(frozen=True, slots=True)
class DecidedOrder:
    """One order of a decision.

    `purpose` is ``r`` (rebalance), ``x`` (exit), ``w`` (a strategy's own order) or ``a`` (a parent's child).
    """

    request: OrderRequest
    reduces_risk: bool
    purpose: str
    reason: str


@light
@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What the core thought and did at one bar.

    Attributes
    ----------
    decision_id, account, strategy : str
        The slot that the decision fills.
    ts_event, ts_known : datetime
        Start of the bar and the moment it could be known.
    model_id : str
        Who predicted.
    mode : RiskMode
        What was allowed.
    symbols : tuple of str
        The N columns of the arrays.
    score, uncertainty : float64 [N]
        Predictions, ratios over the model's horizon; NaN = none.
    strength, confidence : float64 [N]
        Signal of the alphas: the model's own, or what several say together.
    combined : float64 [N]
        Strength of all alphas together.
    size : float64 [N]
        Weights that sizing asked for, before turnover control and limits; ratios of equity.
    target_weight, current_weight : float64 [N]
        Weights after limits, and those held or on order.
    price, volatility : float64 [N]
        Last closes in USD, and annualised volatility.
    equity : float
        USD at these prices.
    cash : Decimal
        USD, exact.
    positions : tuple of (str, Decimal)
        Signed shares by symbol, flat ones left out.
    drawdown, daily_loss : float
        Positive ratios.
    verdicts : tuple of Verdict
        Every limit that was asked and cut or refused something, and one per order.
    orders : tuple of DecidedOrder
        In the order of sending.
    features_digest : str
        sha256 of the features used; empty when predictions were stored.
    order_features : tuple of (str, tuple of float)
        The features of each symbol that got an order.
    hashes : Hashes
        Configuration, catalogue, model, code and data.
    low, high : float64 [N] or None
        Interval of the return in which the model promises its level of outcomes, ratios; NaN = unbounded, or no
        score. None of a model without intervals.
    alpha_weights : tuple of (str, float)
        Weights of several alphas; empty where there is one.
    parents : tuple of DecidedOrder
        What begins to be worked over time, each as one order; `orders` has the children that leave at once. Empty
        where orders go out whole.
    """

    decision_id: str
    account: str
    strategy: str
    ts_event: datetime
    ts_known: datetime
    model_id: str
    mode: RiskMode
    symbols: tuple[str, ...]
    score: Floats
    uncertainty: Floats
    strength: Floats
    confidence: Floats
    combined: Floats
    size: Floats
    target_weight: Floats
    current_weight: Floats
    price: Floats
    volatility: Floats
    equity: float
    cash: Decimal
    positions: tuple[tuple[str, Decimal], ...]
    drawdown: float
    daily_loss: float
    verdicts: tuple[Verdict, ...]
    orders: tuple[DecidedOrder, ...]
    features_digest: str
    order_features: tuple[tuple[str, tuple[float, ...]], ...]
    hashes: Hashes
    low: Floats | None = None
    high: Floats | None = None
    alpha_weights: tuple[tuple[str, float], ...] = ()
    parents: tuple[DecidedOrder, ...] = ()

    def to_json(self) -> str:
        """Return the record as canonical JSON; :meth:`from_json` gives it back bit for bit."""
        content = cast(dict[str, object], encode(self))
        return canonical({name: value for name, value in content.items() if name not in OPTIONAL or value})

    @classmethod
    def from_json(cls, text: str) -> Decision:
        """Return the record that :meth:`to_json` wrote."""
        return decode(cls, parse(text))

    def digest(self) -> str:
        """Return the sha256 of every bit of the record; all NaN count as one."""
        sha = hashlib.sha256(bits(ARRAYS(self)).data)
        sha.update(SYMBOLS(self.symbols))
        sha.update(_scalars(self).encode())
        for edge in (self.low, self.high):
            if edge is not None:
                sha.update(bits((edge,)).data)
        if self.alpha_weights:
            sha.update(repr(self.alpha_weights).encode())
        if self.parents:
            sha.update(tuple_text(map(_order_text, self.parents)).encode())
        return sha.hexdigest()

    def __eq__(self, other: object) -> bool:
        return self.digest() == other.digest() if isinstance(other, Decision) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.decision_id)


OPTIONAL = frozenset({"low", "high", "alpha_weights", "parents"})
"""Fields that a record has only when there is something to say."""
ARRAYS = attrgetter(*(f.name for f in fields(Decision) if f.type == "Floats"))


def _order_text(order: DecidedOrder) -> str:
    return (
        f"DecidedOrder(request={request_text(order.request)}, reduces_risk={order.reduces_risk!r}, "
        f"purpose={order.purpose!r}, reason={order.reason!r})"
    )


STANDING = tuple(Remembered() for _ in range(6))
"""Texts of what is mostly the same object as at the bar before."""
POSITIONS = RememberedItems()
SYMBOLS = RememberedBytes()


def _scalars(d: Decision) -> str:
    """Return ``repr`` of the tuple of all fields that are neither arrays nor optional, in their order."""
    account, strategy, model_id, mode, cash, hashes = STANDING
    verdicts = tuple_text(map(verdict_text, d.verdicts)) if d.verdicts else "()"
    orders = tuple_text(map(_order_text, d.orders)) if d.orders else "()"
    return (
        f"({d.decision_id!r}, {account(d.account)}, {strategy(d.strategy)}, "
        f"{moment_text(d.ts_event)}, {moment_text(d.ts_known)}, "
        f"{model_id(d.model_id)}, {mode(d.mode)}, {d.equity!r}, {cash(d.cash)}, {POSITIONS(d.positions)}, "
        f"{d.drawdown!r}, {d.daily_loss!r}, {verdicts}, {orders}, {d.features_digest!r}, {d.order_features!r}, "
        f"{hashes(d.hashes)})"
    )


@light
@dataclass(frozen=True, slots=True)
class RecordDecision:
    """Write `decision` down before anything it asks for is sent."""

    decision: Decision

    def submissions(self) -> tuple[SubmitOrder, ...]:
        """Return the commands that its orders become."""
        name = self.decision.decision_id
        if not self.decision.orders:
            return ()
        return tuple(SubmitOrder(order.request, name, order.reduces_risk) for order in self.decision.orders)


Output = Command | RecordDecision
"""What the core answers with."""
