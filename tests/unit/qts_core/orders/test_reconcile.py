"""Book against broker."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from qts_core.market.events import AccountSnapshot
from qts_core.orders.reconcile import Difference, reconcile

D = Decimal
MOMENT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def snapshot(cash: str, *positions: tuple[str, str]) -> AccountSnapshot:
    return AccountSnapshot(MOMENT, D(cash), D(0), tuple((s, D(q)) for s, q in positions))


def test_equal_books_are_clean_even_if_fees_are_rounded_by_a_cent() -> None:
    assert reconcile({"AA": D(5)}, D("100.004"), snapshot("100.00", ("AA", "5"), ("AB", "0"))).is_clean


def test_every_share_and_more_than_a_cent_counts() -> None:
    found = reconcile({"AA": D(5), "AB": D(-1)}, D(100), snapshot("99", ("AA", "6"), ("AC", "2")))
    assert found.differences == (
        Difference("AA", D(5), D(6)),
        Difference("AB", D(-1), D(0)),
        Difference("AC", D(0), D(2)),
        Difference("cash", D(100), D(99)),
    )
