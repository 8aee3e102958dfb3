"""The text of a digest is the values' own, as the first journals wrote it."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from decimal import Decimal

import numpy as np

from qts_core.market.events import BarsClosed
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderType, TimeInForce
from qts_core.risk.verdict import Verdict
from qts_core.trading.decision import Decision, RecordDecision
from qts_core.trading.decision_text import Remembered, bits, request_text, tuple_text, verdict_text
from tests.support.decision_market import core, panel, scores, slices


def as_first_journals_wrote(decision: Decision) -> str:
    """The digest in the words of the first version: stacked arrays, then ``repr`` of all else."""
    sha = hashlib.sha256()
    values = np.array([getattr(decision, f.name) for f in fields(decision) if f.type == "Floats"])
    values[np.isnan(values)] = np.nan
    sha.update(values.tobytes())
    sha.update(repr(decision.symbols).encode())
    told = [f.name for f in fields(decision) if "Floats" not in str(f.type) and f.default is f.default_factory]
    sha.update(repr(tuple(getattr(decision, name) for name in told if name != "symbols")).encode())
    for edge in (decision.low, decision.high):
        if edge is not None:
            sha.update(np.where(np.isnan(edge), np.nan, edge).tobytes())
    return sha.hexdigest()


def test_the_digest_is_that_of_the_first_journals() -> None:
    bars = panel(breadth=6, missing=0.05)
    one = core(bars, scores(bars))
    made = [o.decision for b in slices(bars) for o in one.handle(BarsClosed(b)) if isinstance(o, RecordDecision)]
    assert any(d.orders for d in made)
    edge = np.array([0.1, -np.nan, np.nan, 0.0, -0.0, 1.0])
    for decision in (*made, replace(made[-1], low=edge, high=edge)):
        assert decision.digest() == as_first_journals_wrote(decision)


def test_the_text_of_a_request_is_its_own() -> None:
    plain = OrderRequest("id", "AA", OrderSide.BUY, quantity=Decimal("1E+1"))
    bracket = OrderRequest(
        'it\'s "x"', "BRK.B", OrderSide.SELL, OrderType.STOP_LIMIT, TimeInForce.GTC, None, Decimal("5.50"), Decimal(1),
        Decimal(2), Decimal(3), Decimal(4), True, OrderClass.BRACKET, Decimal(5), Decimal(6), Decimal(7),
    )  # fmt: skip
    assert request_text(plain) == repr(plain)
    assert request_text(bracket) == repr(bracket)


def test_the_text_of_a_verdict_is_its_own() -> None:
    for limit in (0.1, float("inf"), float("nan"), -0.0):
        verdict = Verdict("limit.gross", "*", False, "it's broken", limit, 1e-17)
        assert verdict_text(verdict) == repr(verdict)


def test_tuples_read_as_python_writes_them() -> None:
    for items in ((), ("a",), ("a", "b")):
        assert tuple_text(repr(i) for i in items) == repr(items)


def test_an_equal_amount_in_other_digits_is_another_text() -> None:
    text = Remembered()
    assert text(Decimal("1.0")) == "Decimal('1.0')"
    assert text(Decimal("1.00")) == "Decimal('1.00')"


def test_all_nan_are_one() -> None:
    odd = np.array([np.nan, 1.0]) * -1.0
    assert bits((odd,)).tobytes() == np.array([np.nan, -1.0]).tobytes()
