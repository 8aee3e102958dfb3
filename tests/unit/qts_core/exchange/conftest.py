"""Desks to trade at."""

from __future__ import annotations

import pytest

from tests.unit.qts_core.exchange.desk import FREE, Desk


@pytest.fixture
def desk() -> Desk:
    """A desk without any cost, with AAA at 100, BBB at 50 and CCC at 10 USD."""
    made = Desk(FREE)
    made.exchange.mark({"AAA": 100.0, "BBB": 50.0, "CCC": 10.0}, is_previous_close=True)
    return made
