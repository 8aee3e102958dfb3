"""The kill switch: which trigger does what, in which order, and the latch that stays until a person releases it (10.4).

The table is data. What cannot be done at once, such as closing positions while the broker is away or the market is
shut, stays pending and is done at the first possible moment (X-06).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import cast

from qts_core.config.risk import KillSwitchSettings
from qts_core.market.errors import RiskError
from qts_core.market.events import Alert, CancelOrder, Command, Flatten, Severity
from qts_core.risk.modes import RiskMode

__all__ = ["KillAction", "KillPolicy", "KillRecord", "KillSwitch", "Trigger", "commands"]


class Trigger(StrEnum):
    """What may fire the switch: the union of specification 10.4 and 15.4."""

    MAX_DRAWDOWN_BREACH = "max_drawdown_breach"
    RAPID_PNL_DECLINE = "rapid_pnl_decline"
    DAILY_LOSS_BREACH = "daily_loss_breach"
    SYSTEM_ERROR = "system_error"
    DATA_FEED_FAILURE = "data_feed_failure"
    BROKER_DISCONNECTION = "broker_disconnection"
    MANUAL = "manual"


class KillAction(StrEnum):
    """What the switch does."""

    CANCEL_ALL_ORDERS = "cancel_all_orders"
    FLATTEN_POSITIONS = "flatten_positions"
    HALT_TRADING = "halt_trading"
    SEND_CRITICAL_ALERT = "send_critical_alert"
    LOG_STATE = "log_state"
    SHUT_DOWN = "shut_down"


@dataclass(frozen=True, slots=True)
class KillPolicy:
    """The table: actions of each trigger, in order.

    Attributes
    ----------
    actions : mapping of Trigger to tuple of KillAction
        A trigger that is not there does nothing.
    is_enabled : bool
        Whether triggers other than a person fire at all.
    """

    actions: Mapping[Trigger, tuple[KillAction, ...]]
    is_enabled: bool = True

    @classmethod
    def of(cls, settings: KillSwitchSettings) -> KillPolicy:
        """Read the table from the configuration; a person's own trigger is always in it."""
        triggers = (*settings.triggers, *(("manual",) if "manual" not in settings.triggers else ()))
        table = {
            Trigger(name): tuple(KillAction(action) for action in settings.policy.get(name, settings.actions))
            for name in triggers
        }
        return cls(MappingProxyType(table), settings.enabled)

    def of_trigger(self, trigger: Trigger) -> tuple[KillAction, ...]:
        """Return what `trigger` does."""
        if trigger is not Trigger.MANUAL and not self.is_enabled:
            return ()
        return self.actions.get(trigger, ())


@dataclass(frozen=True, slots=True)
class KillRecord:
    """One line of the switch's history: what fired or who released it, and when."""

    moment: datetime
    trigger: str
    reason: str
    actions: tuple[KillAction, ...] = ()


RELEASED = "released"
"""Stands for the trigger in the record of a release."""


@dataclass(slots=True)
class KillSwitch:
    """The latch and its history.

    Attributes
    ----------
    policy : KillPolicy
    records : list of KillRecord
        Everything since the beginning; kept over releases.
    """

    policy: KillPolicy
    records: list[KillRecord] = field(default_factory=list)
    _fired: list[Trigger] = field(default_factory=list)
    _is_flattening: bool = False
    _is_flat: bool = False

    @property
    def mode(self) -> RiskMode:
        """What is allowed: the strictest of what has fired since the last release."""
        if self._is_flattening:
            return RiskMode.FLATTEN
        return RiskMode.HALTED if self._fired else RiskMode.NORMAL

    @property
    def is_flatten_pending(self) -> bool:
        """Whether positions are still to be closed."""
        return self._is_flattening and not self._is_flat

    def fire(self, trigger: Trigger, reason: str, moment: datetime) -> tuple[KillAction, ...]:
        """Fire, and return what is to be done now, in order; nothing when this trigger stands already.

        A second trigger adds what the first did not do: a halted strategy whose drawdown then breaks is flattened.
        """
        wanted = self.policy.of_trigger(trigger)
        if not wanted or trigger in self._fired:
            return ()
        if self._is_flattening:
            done = (KillAction.CANCEL_ALL_ORDERS, KillAction.FLATTEN_POSITIONS)
            wanted = tuple(action for action in wanted if action not in done)
        self._fired.append(trigger)
        self._is_flattening |= KillAction.FLATTEN_POSITIONS in wanted
        self.records.append(KillRecord(moment, trigger.value, reason, wanted))
        return wanted

    def flattened(self) -> None:
        """Note that every position is closed; the latch stays."""
        self._is_flat = self._is_flattening

    def reset(self, who: str, why: str, moment: datetime) -> None:
        """Release the latch; only a person may.

        Raises
        ------
        RiskError
            If `who` or `why` is empty.
        """
        if not who.strip() or not why.strip():
            found = f"who {who!r}, why {why!r}"
            raise RiskError("QTS-RISK-026", "the kill latch is released by a person with a reason", found=found)
        self._fired, self._is_flattening, self._is_flat = [], False, False
        self.records.append(KillRecord(moment, RELEASED, f"{who}: {why}"))

    def snapshot(self) -> dict[str, object]:
        """Return latch and history as JSON values."""
        return {
            "fired": [trigger.value for trigger in self._fired],
            "is_flat": self._is_flat,
            "is_flattening": self._is_flattening,
            "records": [[r.moment.isoformat(), r.trigger, r.reason, list(r.actions)] for r in self.records],
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`: a restart releases nothing."""
        self._fired = [Trigger(name) for name in cast(Sequence[str], state["fired"])]
        self._is_flat, self._is_flattening = bool(state["is_flat"]), bool(state["is_flattening"])
        self.records = [
            KillRecord(datetime.fromisoformat(moment), trigger, reason, tuple(KillAction(a) for a in actions))
            for moment, trigger, reason, actions in cast(Sequence[tuple[str, str, str, list[str]]], state["records"])
        ]


def commands(actions: Iterable[KillAction], reason: str, open_orders: Iterable[str]) -> list[Command]:
    """Return the commands that `actions` are, in order; the rest blocks, logs or ends the process that asks.

    Parameters
    ----------
    open_orders : iterable of str
        Client order ids of what may still fill.
    """
    answer: list[Command] = []
    for action in actions:
        match action:
            case KillAction.CANCEL_ALL_ORDERS:
                answer += [CancelOrder(name, reason) for name in open_orders]
            case KillAction.FLATTEN_POSITIONS:
                answer.append(Flatten(reason))
            case KillAction.SEND_CRITICAL_ALERT:
                answer.append(Alert(Severity.CRITICAL, "kill switch", reason))
            case KillAction.HALT_TRADING | KillAction.LOG_STATE | KillAction.SHUT_DOWN:
                pass
    return answer
