"""The mode is a function of the conditions; the gravest wins (ARCHITECTURE 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from live_daemon.modes import Mode, ModeMachine


def now(modes: ModeMachine) -> Mode:
    """Return the mode; a call, so that no checker takes it for constant."""
    return modes.mode


def machine() -> tuple[ModeMachine, list[tuple[Mode, Mode]]]:
    """Return a machine and the changes it tells of."""
    changes: list[tuple[Mode, Mode]] = []
    return ModeMachine(lambda before, after, _: changes.append((before, after))), changes


def test_a_start_goes_through_starting_and_reconciling_to_trading() -> None:
    modes, changes = machine()
    assert now(modes) is Mode.STARTING
    modes.recovered()
    modes.reconciled(is_clean=True)
    assert changes == [(Mode.STARTING, Mode.RECONCILING), (Mode.RECONCILING, Mode.TRADING)]
    assert modes.reason == ""


def test_a_reason_to_halt_before_recovery_shows_at_once() -> None:
    modes, _ = machine()
    modes.halt("operator", "lunch")
    assert now(modes) is Mode.HALTED
    assert modes.reason == "operator: lunch"


def test_every_order_of_the_same_conditions_gives_the_same_mode() -> None:
    steps: list[Callable[[ModeMachine], None]] = [
        lambda m: m.recovered(), lambda m: m.reconciled(is_clean=True), lambda m: m.degrade("a", "x"),
        lambda m: m.stale("b", "y"), lambda m: m.halt("c", "z"),
    ]  # fmt: skip
    for order in permutations(steps):
        modes, _ = machine()
        for step in order:
            step(modes)
        assert now(modes) is Mode.HALTED
        modes.halt("c", None)
        assert now(modes) is Mode.DEGRADED
        modes.degrade("a", None)
        assert now(modes) is Mode.STALE
        modes.stale("b", None)
        assert now(modes) is Mode.TRADING


def test_a_reason_leaves_only_with_the_one_who_gave_it() -> None:
    modes, _ = machine()
    modes.recovered()
    modes.reconciled(is_clean=True)
    modes.kill("latch", "operator")
    modes.kill("other", None)
    assert now(modes) is Mode.KILLED
    modes.kill("latch", None)
    assert now(modes) is Mode.TRADING
