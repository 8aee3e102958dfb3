from __future__ import annotations

from decimal import Decimal

import pytest

from live_daemon.paper_exchange.command import _cash, _sessions, _speed
from qts_core.market.errors import DataNotFoundError, InvalidConfigError
from tests.unit.live_daemon.paper_exchange.replays import FRIDAY, TUESDAY, WEDNESDAY, market


def test_the_last_sessions_are_replayed_unless_one_is_named() -> None:
    bars = market()
    assert _sessions(bars, "", 1) == (FRIDAY,)
    assert _sessions(bars, "", 9) == (TUESDAY, WEDNESDAY, FRIDAY)
    assert _sessions(bars, "2024-11-26", 2) == (TUESDAY, WEDNESDAY)


def test_a_session_that_is_not_there_is_refused_with_the_span() -> None:
    with pytest.raises(DataNotFoundError, match=r"2024-11-28.*2024-11-26 to 2024-11-29"):
        _sessions(market(), "2024-11-28", 1)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", "1e9"])
def test_speeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidConfigError):
        _speed(text)


def test_speeds_and_cash_are_read_exactly() -> None:
    assert (_speed("lockstep"), _speed("60"), _cash("100000.10")) == (None, 60.0, Decimal("100000.10"))


@pytest.mark.parametrize("text", ["0", "-5", "NaN", "Infinity", "much", "1e13"])
def test_cash_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfigError):
        _cash(text)
