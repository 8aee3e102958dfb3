"""Orders against the market on the page, against figures done by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from qts_core.analytics.tca import MarketWindow, ParentTrade
from qts_core.market.orders import Execution, OrderSide
from qts_core.report.blocks import Table
from qts_core.report.evidence import Worked
from qts_core.report.sections.orders import orders_blocks

NOW = datetime(2024, 3, 4, 15, tzinfo=UTC)
D = Decimal


def trade(name: str, price: str, *, algorithm: str = "single order") -> ParentTrade:
    fill = Execution(name, name, "AAA", OrderSide.BUY, D(10), D(price), NOW, D("1.00"))
    window = MarketWindow(np.array([102.0]), np.array([98.0]), np.array([100.0]), np.array([1000.0]))
    return ParentTrade(
        name, "AAA", OrderSide.BUY, algorithm, D(10), NOW, NOW, NOW + timedelta(minutes=1), D(100), D(100), D(100),
        (fill,), window,
    )  # fmt: skip


def cells(block: object, row: int) -> list[str]:
    assert isinstance(block, Table)
    return [cell.text for cell in block.rows[row]]


def test_the_mean_of_orders_stands_beside_its_interval_and_the_mean_by_value() -> None:
    blocks = orders_blocks(Worked((trade("a", "101"), trade("b", "103")), is_live=True, arrival="a close"))
    # 100 and 300 bp: mean 200, deviation 141.42, half width of two 12.706 x 100.
    first = cells(blocks[0], 0)
    assert first[:5] == ["arrival", "2", "200.0", "(1,070.6)", "1,470.6"]
    assert all(block.lineage == "live" for block in blocks if isinstance(block, Table))
    assert isinstance(blocks[0], Table)
    assert "Live orders against the market" in blocks[0].title
    assert "Arrival is a close." in blocks[0].note


def test_the_shortfall_is_what_was_paid_above_the_decision_and_the_fees() -> None:
    parts = orders_blocks(Worked((trade("a", "101"), trade("b", "103"))))[1]
    assert cells(parts, 1)[1] == "$40.00"
    assert cells(parts, 3)[1] == "$2.00"
    assert cells(parts, 4) == ["All", "$42.00", "210.0 bp"]


def test_several_algorithms_are_told_apart_and_no_order_is_nothing() -> None:
    blocks = orders_blocks(Worked((trade("a", "101"), trade("b", "103", algorithm="twap"))))
    assert len(blocks) == 3
    assert [cells(blocks[2], i)[0] for i in range(2)] == ["single order", "twap"]
    assert orders_blocks(Worked(())) == []
