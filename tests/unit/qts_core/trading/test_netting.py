"""Orders of several strategies as one, by hand and in general."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qts_core.trading.netting import divide, divide_money, net

D = Decimal
SHARES = st.lists(st.integers(-500, 500).map(D), min_size=1, max_size=5)


def test_what_one_buys_and_another_sells_never_reaches_the_market() -> None:
    found = net([D(10), D(-4)], D(0))
    assert found.crossed == (D(4), D(-4))
    assert found.sent == (D(6), D(0))
    assert found.quantity == 6
    assert not any(found.dropped)


def test_an_order_through_zero_closes_first() -> None:
    found = net([D(-6), D(-9)], D(5))
    # 15 to sell, 5 held: 5 are sold, two fifths of them by the first strategy.
    assert found.sent == (D(-2), D(-3))
    assert found.dropped == (D(-4), D(-6))


@given(SHARES, st.integers(-600, 600).map(D))
def test_every_share_is_crossed_sent_or_dropped(wanted: list[Decimal], position: Decimal) -> None:
    found = net(wanted, position)
    assert sum(found.crossed) == 0
    for asked, *parts in zip(wanted, found.crossed, found.sent, found.dropped, strict=True):
        assert sum(parts) == asked
        assert all(part * asked >= 0 for part in parts)
    assert position * (position + found.quantity) >= 0 or not position
    assert len({1 if sent > 0 else -1 for sent in found.sent if sent}) <= 1


@given(st.lists(st.decimals(0, 1000, places=9), min_size=1, max_size=6), st.floats(0, 1))
def test_what_is_divided_adds_up_and_nobody_gets_more_than_he_wants(among: list[Decimal], share: float) -> None:
    quantity = (sum(among, D(0)) * D(repr(share))).quantize(D("0.000000001"))
    quantity = min(quantity, sum(among, D(0)))
    parts = divide(quantity, among)
    assert sum(parts, D(0)) == quantity
    assert all(0 <= part <= wanted for part, wanted in zip(parts, among, strict=True))


def test_whole_shares_stay_whole() -> None:
    assert divide(D(2), [D(1), D(1), D(1)]) == (D(1), D(1), D(0))
    assert divide(D(7), [D(6), D(3)]) == (D(5), D(2))


def test_cents_add_up() -> None:
    assert divide_money(D("0.10"), [D(1), D(1), D(1)]) == (D("0.04"), D("0.03"), D("0.03"))
    assert divide_money(D("1.00"), [D(0), D(5)]) == (D(0), D("1.00"))
