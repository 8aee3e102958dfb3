"""The kill switch: every trigger, every action, the latch and the way out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from qts_core.config.risk import KillSwitchSettings
from qts_core.market.errors import RiskError
from qts_core.market.events import Alert, CancelOrder, Flatten, Severity
from qts_core.risk.kill import KillAction, KillPolicy, KillSwitch, Trigger, commands
from qts_core.risk.modes import RiskMode

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
EVERY = tuple(trigger.value for trigger in Trigger)
ALL = KillSwitchSettings(triggers=EVERY)  # type: ignore[arg-type]  # the values are the literals


def switch(settings: KillSwitchSettings = ALL) -> KillSwitch:
    return KillSwitch(KillPolicy.of(settings))


@pytest.mark.parametrize(
    ("trigger", "mode"),
    [
        (Trigger.MAX_DRAWDOWN_BREACH, RiskMode.FLATTEN),
        (Trigger.RAPID_PNL_DECLINE, RiskMode.FLATTEN),
        (Trigger.DAILY_LOSS_BREACH, RiskMode.FLATTEN),
        (Trigger.MANUAL, RiskMode.FLATTEN),
        (Trigger.SYSTEM_ERROR, RiskMode.HALTED),
        (Trigger.DATA_FEED_FAILURE, RiskMode.HALTED),
        (Trigger.BROKER_DISCONNECTION, RiskMode.HALTED),
    ],
)
def test_losses_close_positions_and_blindness_only_stops(trigger: Trigger, mode: RiskMode) -> None:
    latch = switch()
    actions = latch.fire(trigger, "why", NOW)
    assert latch.mode is mode
    assert not latch.mode.may_increase
    assert (KillAction.FLATTEN_POSITIONS in actions) == (mode is RiskMode.FLATTEN)
    assert KillAction.HALT_TRADING in actions
    assert KillAction.SEND_CRITICAL_ALERT in actions


def test_orders_are_cancelled_before_positions_are_closed_and_a_person_is_told() -> None:
    actions = switch().fire(Trigger.DAILY_LOSS_BREACH, "lost 4 %", NOW)
    assert commands(actions, "lost 4 %", ["one", "two"]) == [
        CancelOrder("one", "lost 4 %"), CancelOrder("two", "lost 4 %"), Flatten("lost 4 %"),
        Alert(Severity.CRITICAL, "kill switch", "lost 4 %"),
    ]  # fmt: skip


def test_a_trigger_s_own_list_holds_in_its_order_with_log_and_shut_down() -> None:
    own = ("log_state", "cancel_all_orders", "halt_trading", "shut_down")
    settings = KillSwitchSettings.model_validate({"triggers": ("system_error",), "policy": {"system_error": own}})
    assert switch(settings).fire(Trigger.SYSTEM_ERROR, "why", NOW) == tuple(KillAction(name) for name in own)


def test_what_is_not_configured_does_nothing_but_a_person_always_can() -> None:
    quiet = switch(KillSwitchSettings(enabled=False))
    assert quiet.fire(Trigger.MAX_DRAWDOWN_BREACH, "", NOW) == ()
    assert quiet.mode.may_increase
    assert quiet.fire(Trigger.MANUAL, "a person", NOW)
    assert quiet.mode is RiskMode.FLATTEN
    assert switch(KillSwitchSettings(triggers=("system_error",))).fire(Trigger.DATA_FEED_FAILURE, "", NOW) == ()


def test_the_same_trigger_fires_once_and_a_worse_one_adds_what_is_missing() -> None:
    latch = switch()
    assert latch.fire(Trigger.DATA_FEED_FAILURE, "", NOW)
    assert latch.fire(Trigger.DATA_FEED_FAILURE, "", NOW) == ()
    assert KillAction.FLATTEN_POSITIONS in latch.fire(Trigger.MAX_DRAWDOWN_BREACH, "", NOW)
    again = latch.fire(Trigger.RAPID_PNL_DECLINE, "", NOW)
    assert KillAction.FLATTEN_POSITIONS not in again
    assert KillAction.SEND_CRITICAL_ALERT in again


def test_closing_stays_pending_until_it_is_done_and_the_latch_stays_after_it() -> None:
    latch = switch()
    latch.fire(Trigger.DAILY_LOSS_BREACH, "the market is shut", NOW)
    pending = [latch.is_flatten_pending]
    latch.flattened()
    pending.append(latch.is_flatten_pending)
    assert pending == [True, False]
    assert latch.mode is RiskMode.FLATTEN


def test_a_restart_releases_nothing_and_keeps_the_history() -> None:
    latch = switch()
    latch.fire(Trigger.DATA_FEED_FAILURE, "silence", NOW)
    latch.fire(Trigger.DAILY_LOSS_BREACH, "lost", NOW)
    again = switch()
    again.restore(json.loads(json.dumps(latch.snapshot())))
    assert again.mode is RiskMode.FLATTEN
    assert again.is_flatten_pending
    assert again.records == latch.records
    assert again.fire(Trigger.DAILY_LOSS_BREACH, "", NOW) == ()


@pytest.mark.parametrize(("who", "why"), [("", "because"), ("Ann", " ")])
def test_nobody_releases_the_latch_without_a_name_and_a_reason(who: str, why: str) -> None:
    latch = switch()
    latch.fire(Trigger.MANUAL, "", NOW)
    with pytest.raises(RiskError, match="QTS-RISK-026"):
        latch.reset(who, why, NOW)
    assert latch.mode is RiskMode.FLATTEN


def test_a_release_is_recorded_and_triggers_can_fire_again() -> None:
    latch = switch()
    latch.fire(Trigger.SYSTEM_ERROR, "", NOW)
    latch.reset("Ann", "disk replaced", NOW)
    assert latch.mode is RiskMode.NORMAL
    assert latch.records[-1].reason == "Ann: disk replaced"
    assert latch.fire(Trigger.SYSTEM_ERROR, "", NOW)
