"""A minute that comes after its bar was decided on changes no decision, and is told as a revision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from live_daemon.day import TradingDay
from live_daemon.modes import ModeMachine
from qts_core.adapters.clock import LockstepClock
from qts_core.adapters.prometheus import Metrics
from qts_core.data.actions.table import no_actions
from qts_core.market.calendar import xnys
from qts_core.market.events import BarsClosed
from qts_core.market.time import to_micros
from qts_core.ports.broker import MinuteBar
from qts_core.risk.modes import RiskMode

OPEN = datetime(2024, 7, 2, 13, 30, tzinfo=UTC)
END = OPEN + timedelta(minutes=15)


class Desk:
    """Notes the events it is given."""

    def __init__(self) -> None:
        predictor = SimpleNamespace(symbols=("AAA", "BBB"))
        self.core = SimpleNamespace(predictor=predictor, equity=0, last_ts_event=None, mode=RiskMode.REDUCE_ONLY)
        self.journal = SimpleNamespace(rows=lambda _table, kind: ())
        self.events: list[object] = []

    def handle(self, *events: object) -> None:
        """Take events."""
        self.events += events


def minute(start: datetime, price: float, volume: float) -> MinuteBar:
    return MinuteBar("AAA", to_micros(start), price, price, price, price, volume)


@pytest.fixture
def log() -> list[tuple[str, dict[str, object]]]:
    """What was told."""
    return []


@pytest.fixture
def clock() -> LockstepClock:
    """A clock at the open."""
    return LockstepClock(OPEN)


@pytest.fixture
def day(log: list[tuple[str, dict[str, object]]], clock: LockstepClock) -> TradingDay:
    """A day that has begun."""
    anything: Any = None
    made = TradingDay(
        cast("Any", Desk()), anything, clock, ModeMachine(lambda *_: None), Metrics(), xnys(), no_actions(),
        lambda name, fields: log.append((name, fields)),
    )  # fmt: skip
    session = xnys().at(OPEN)
    assert session is not None
    made.begin(session)
    return made


def test_a_late_minute_is_told_as_a_revision_and_leaves_the_bar_as_it_was(
    day: TradingDay, clock: LockstepClock, log: list[tuple[str, dict[str, object]]]
) -> None:
    last = END - timedelta(minutes=1)
    day.add_minutes([minute(OPEN, 10.0, 100.0), minute(last, 10.2, 100.0)])
    clock.set(END)
    assert day.close_due() == 1
    desk = cast("Desk", day._desk)
    (bar,) = [event.bars for event in desk.events if isinstance(event, BarsClosed)]
    assert (bar.close[0], bar.volume[0]) == (10.2, 200.0)
    clock.set(END + timedelta(seconds=30))
    day.add_minutes([minute(last, 10.3, 180.0)])
    assert (bar.close[0], bar.volume[0]) == (10.2, 200.0)
    told = [fields for name, fields in log if name == "bar.revised"]
    assert told == [
        {
            "symbol": "AAA", "ts_event": OPEN.isoformat(), "ts_known": (END + timedelta(seconds=30)).isoformat(),
            "open": 10.0, "high": 10.3, "low": 10.0, "close": 10.3, "volume": 280.0,
        }
    ]  # fmt: skip


def test_minutes_fetched_again_revise_nothing(
    day: TradingDay, clock: LockstepClock, log: list[tuple[str, dict[str, object]]]
) -> None:
    day.add_minutes([minute(OPEN, 10.0, 100.0)])
    clock.set(END)
    day.close_due()
    day.add_minutes([minute(OPEN, 10.0, 100.0)])
    assert [name for name, _ in log] == ["bar.closed"]
