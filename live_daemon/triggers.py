"""Trouble that lasts fires the kill switch: the policy table says what follows, the latches keep it (10.4; X-06, F76).

There is one truth about who may trade: the latch files for what the daemon or a person stops, the core's own latch for
what its losses stop. This module keeps none; it times troubles and carries out the table's actions on what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from live_daemon.desk import Desk, Outgoing
from live_daemon.latch import Latches
from qts_core.config.risk import KillSwitchSettings
from qts_core.market.events import Alert, CancelOrder, ConnectionChanged, Severity
from qts_core.market.money import plain
from qts_core.ports.clock import Clock
from qts_core.risk.kill import KillAction, KillPolicy, Trigger
from qts_core.risk.modes import RiskMode

__all__ = ["FLATTEN", "RELEASE", "KillHost", "LastingTrouble", "system_error"]

FLATTEN: Final = "flatten"
"""The request to close every position; it waits in the mailbox until the broker is there."""
RELEASE: Final = "release"
"""The request of a person to take the core's own latch off."""


def system_error(latches: Latches, settings: KillSwitchSettings, reason: str, now: datetime) -> None:
    """Stop a daemon that is no longer to be trusted, before it trades: halted, and flat where the table says."""
    latches.halt(reason, now)
    if KillAction.FLATTEN_POSITIONS in KillPolicy.of(settings).of_trigger(Trigger.SYSTEM_ERROR):
        latches.request(FLATTEN, reason, now)


@dataclass(frozen=True, slots=True)
class KillHost:
    """Carries out what the table says of a trigger, with the daemon's own means."""

    policy: KillPolicy
    desk: Desk
    latches: Latches
    clock: Clock
    send: Callable[[Outgoing], None]
    stop: Callable[[], None]
    tell: Callable[[str, dict[str, object]], None]

    def fire(self, trigger: Trigger, reason: str) -> tuple[KillAction, ...]:
        """Do what `trigger` asks for, in the table's order; return what was done."""
        actions = self.policy.of_trigger(trigger)
        said = f"{trigger}: {reason}"
        for action in actions:
            self._do(action, trigger, said)
        return actions

    def _do(self, action: KillAction, trigger: Trigger, said: str) -> None:
        now, core = self.clock.now(), self.desk.core
        match action:
            case KillAction.HALT_TRADING:
                self.latches.halt(said, now)
                if core.mode is RiskMode.NORMAL:
                    self.desk.handle(ConnectionChanged(now, is_connected=False, detail=said))
            case KillAction.CANCEL_ALL_ORDERS:
                for order in core.open_orders():
                    cancel = CancelOrder(order.client_order_id, said)
                    self.send(Outgoing(cancel, now, self.clock.monotonic()))
            case KillAction.FLATTEN_POSITIONS:
                self.latches.request(FLATTEN, said, now)
            case KillAction.SEND_CRITICAL_ALERT:
                self.desk.alert(Alert(Severity.CRITICAL, "kill switch", said))
            case KillAction.LOG_STATE:
                held = {symbol: plain(quantity) for symbol, quantity in core.book.holdings().items()}
                orders = [order.client_order_id for order in core.open_orders()]
                state = {"positions": held, "orders": orders, "equity": round(core.equity, 2)}
                self.tell("kill.state", {"trigger": trigger.value, "reason": said, **state})
            case KillAction.SHUT_DOWN:
                self.stop()


class LastingTrouble:
    """Fires a trigger once its trouble has lasted so long; once more only after it was over.

    Parameters
    ----------
    fire : callable
        Takes the trigger and the reason.
    seconds : mapping of Trigger to float
        Real seconds; a trigger that is not there never fires.
    """

    def __init__(self, fire: Callable[[Trigger, str], object], seconds: Mapping[Trigger, float]) -> None:
        self._fire = fire
        self._seconds = seconds
        self._since: dict[Trigger, float] = {}
        self._fired: set[Trigger] = set()

    @classmethod
    def of(cls, settings: KillSwitchSettings, fire: Callable[[Trigger, str], object]) -> LastingTrouble:
        """Read the times from the configuration."""
        told = {
            Trigger.DATA_FEED_FAILURE: settings.data_feed_seconds,
            Trigger.BROKER_DISCONNECTION: settings.broker_seconds,
        }
        return cls(fire, {trigger: seconds for trigger, seconds in told.items() if seconds is not None})

    def look(self, troubles: Mapping[Trigger, str], now: float) -> None:
        """Take what is wrong at `now`, monotonic seconds."""
        for trigger, seconds in self._seconds.items():
            reason = troubles.get(trigger)
            if reason is None:
                self._since.pop(trigger, None)
                self._fired.discard(trigger)
                continue
            since = self._since.setdefault(trigger, now)
            if now - since >= seconds and trigger not in self._fired:
                self._fired.add(trigger)
                self._fire(trigger, f"{reason}, for {now - since:.0f} s")
