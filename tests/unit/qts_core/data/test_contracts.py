"""Contracts fit the tables that the platform writes."""

from __future__ import annotations

from datetime import date

from qts_core.data.contracts import CONTRACTS, bars_expected
from qts_core.market.calendar import xnys


def test_everything_a_contract_speaks_of_is_a_declared_column() -> None:
    for contract in CONTRACTS.values():
        spoken = {*contract.required, *contract.key, *(r.column for r in contract.ranges)}
        spoken |= {c for order in contract.orders for c in (order.column, order.floor)}
        spoken |= {choice.column for choice in contract.choices}
        assert spoken <= set(contract.columns), contract.table


def test_a_contract_is_found_under_the_name_of_its_table() -> None:
    assert all(contract.table == name for name, contract in CONTRACTS.items())


def test_rows_are_counted_by_the_exchange_s_calendar() -> None:
    # Thanksgiving week 2024: Monday to Wednesday full (26 bars each), Thursday closed, Friday a half-day (14 bars).
    week = xnys().between(date(2024, 11, 25), date(2024, 11, 29))
    expected = bars_expected(week, 10)
    assert (expected.least_rows, expected.most_rows) == (4, 2 * (3 * 26 + 14) * 10)
