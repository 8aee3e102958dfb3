"""What the guard makes of latches, requests and troubles; the core and the sender are stand-ins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from live_daemon.desk import Outgoing
from live_daemon.latch import Latches
from live_daemon.modes import ModeMachine
from live_daemon.paths import LivePaths
from live_daemon.triggers import FLATTEN, RELEASE, LastingTrouble
from live_daemon.watchdog import FLATTEN_SECONDS, Guard, Watchdog
from qts_core.adapters.prometheus import Metrics
from qts_core.market.calendar import xnys
from qts_core.market.events import Event, Flatten, KillRequested, KillReset
from qts_core.risk.kill import Trigger
from qts_core.risk.modes import RiskMode

OPEN = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


@dataclass
class Hand:
    """A clock that a test moves; `speed` as of a real one."""

    seconds: float = 1000.0
    speed: float = 1.0

    def now(self) -> datetime:
        return OPEN

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class World:
    """A guard and all that it touches."""

    latches: Latches
    clock: Hand = field(default_factory=Hand)
    handled: list[Event] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)
    fired: list[Trigger] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.core = SimpleNamespace(mode=RiskMode.NORMAL, latched_by="")
        self.sender = SimpleNamespace(put=self.sent.append, unflattened="")
        self.modes = ModeMachine(lambda *_: None)
        desk: Any = SimpleNamespace(core=self.core, handle=self.handled.append)
        sender: Any = self.sender
        clock: Any = self.clock
        bars: Any = SimpleNamespace(state=SimpleNamespace(last_data_monotonic=0.0))
        trouble = LastingTrouble(
            lambda trigger, _: self.fired.append(trigger),
            {Trigger.BROKER_DISCONNECTION: 60.0, Trigger.DATA_FEED_FAILURE: 60.0},
        )
        self.guard = Guard(
            desk, sender, self.modes, self.latches, Watchdog(self.clock.monotonic), bars, clock, xnys(), Metrics(),
            trouble, stale_seconds=120.0, on_event=lambda *_: None,
        )  # fmt: skip

    def look(self, after: float = 0.1) -> None:
        self.clock.seconds += after
        self.guard.look()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Latches(LivePaths(tmp_path)))


def test_a_latch_of_the_cores_own_is_released_by_a_person_alone(world: World) -> None:
    world.core.mode, world.core.latched_by = RiskMode.HALTED, "rapid_pnl_decline"
    world.look()
    assert world.handled == [], "nobody has set a file, so its absence releases nothing"
    world.latches.request(RELEASE, "looked", OPEN)
    world.look()
    (released,) = world.handled
    assert isinstance(released, KillReset)
    assert released.reason.startswith("looked (by ")


def test_what_losses_flattened_is_released_by_the_same_request(world: World) -> None:
    world.core.mode = RiskMode.FLATTEN
    world.latches.request(RELEASE, "looked", OPEN)
    world.look()
    assert [type(event) for event in world.handled] == [KillReset]


def test_the_latch_of_a_file_is_set_and_taken_off_with_the_file(world: World) -> None:
    world.latches.kill("stop", OPEN)
    world.look()
    assert [type(event) for event in world.handled] == [KillRequested]
    world.core.mode = RiskMode.HALTED
    world.latches.release_kill()
    world.look()
    assert [type(event) for event in world.handled] == [KillRequested, KillReset]


def test_a_flattening_waits_for_the_broker_and_is_tried_again(world: World) -> None:
    world.modes.degrade("broker", "timed out")
    world.latches.request(FLATTEN, "why", OPEN)
    world.look()
    assert world.sent == []
    world.modes.degrade("broker", None)
    world.look()
    assert [o.command for o in world.sent] == [Flatten("why")]
    world.sender.unflattened = "why"
    world.look()
    world.look()
    assert len(world.sent) == 1, "not at once"
    world.look(FLATTEN_SECONDS)
    assert [o.command for o in world.sent] == [Flatten("why")] * 2


def test_a_broker_that_stays_away_during_the_session_fires_its_trigger_once(world: World) -> None:
    world.modes.degrade("trade stream", "closed")
    for _ in range(20):
        world.look(10.0)
    assert world.fired == [Trigger.BROKER_DISCONNECTION]
