"""The scalars of the trading core: latches, connection, last bar, hashes; restored exactly after a restart (12.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from qts_core.market.events import Alert, Command, ConfigurationChanged, ConnectionChanged, ModelSwapped, Severity
from qts_core.market.money import ZERO, exact
from qts_core.risk.kill import KillAction, KillPolicy, Trigger, commands
from qts_core.risk.ladder import Losses
from qts_core.risk.modes import RiskMode
from qts_core.trading.decision import DecidedOrder, Hashes
from qts_core.trading.exact_json import decode, encode
from qts_core.trading.holdings import Holdings

__all__ = ["CoreState"]


@dataclass(slots=True)
class CoreState:
    """What the core remembers beside its book and its decision path.

    Attributes
    ----------
    hashes : Hashes
        Enter every decision.
    is_killed, is_flattening : bool
        The kill latch, and whether it also closes positions; only a person releases it.
    is_connected : bool
        Whether every stream and the broker are there.
    last_ts_event : datetime or None
        Start of the last bar handled.
    latched_by : str
        The trigger of the policy that set the latch; empty where a person did.
    buying_power : Decimal or None
        What the broker lends, USD, less what has been ordered since it said so; None = nobody has told.
    """

    hashes: Hashes
    is_killed: bool = False
    is_flattening: bool = False
    is_connected: bool = True
    last_ts_event: datetime | None = None
    latched_by: str = ""
    buying_power: Decimal | None = None

    def mode(self, *, is_reduce_only: bool = False) -> RiskMode:
        """Return what is allowed; the strictest reason wins."""
        if self.is_flattening:
            return RiskMode.FLATTEN
        if self.is_killed:
            return RiskMode.HALTED
        return RiskMode.NORMAL if self.is_connected and not is_reduce_only else RiskMode.REDUCE_ONLY

    def release(self) -> None:
        """Take the latch off, as a person has asked."""
        self.is_killed = self.is_flattening = False
        self.latched_by = ""

    def latch_losses(self, losses: Losses) -> list[Command]:
        """Set the latch by the shipped table: a loss that asks for it closes every position."""
        if not losses.is_kill or self.is_flattening:
            return []
        self.is_killed = self.is_flattening = True
        text = f"drawdown {losses.drawdown:.2%}, today {losses.daily:.2%}: every position is closed"
        return [Alert(Severity.CRITICAL, "loss limit", text)]

    def latch_by(
        self, policy: KillPolicy, triggers: Iterable[Trigger], losses: Losses, daily_kill_limit: float,
        open_ids: Sequence[str],
    ) -> list[Command]:  # fmt: skip
        """Set the latch as `policy` says of each trigger that fires now, and return what it does."""
        fired = [*triggers]
        if losses.is_kill:
            is_daily = losses.daily >= daily_kill_limit
            fired.append(Trigger.DAILY_LOSS_BREACH if is_daily else Trigger.MAX_DRAWDOWN_BREACH)
        answer: list[Command] = []
        for trigger in fired:
            actions = policy.of_trigger(trigger)
            is_flatten = KillAction.FLATTEN_POSITIONS in actions
            if actions and (not self.is_killed or (is_flatten and not self.is_flattening)):
                self.is_killed = True
                self.is_flattening |= is_flatten
                self.latched_by = trigger.value
                reason = f"{trigger}: drawdown {losses.drawdown:.2%}, today {losses.daily:.2%}"
                answer += commands(actions, reason, open_ids)
        return answer

    def spend(self, orders: Iterable[DecidedOrder], holdings: Holdings) -> None:
        """Count what is ordered against the buying power that was told last."""
        if self.buying_power is None:
            return
        for order in orders:
            price = float(holdings.mark[holdings.symbols.index(order.request.symbol)])
            if not order.reduces_risk and price > 0.0:
                self.buying_power -= (order.request.quantity or ZERO) * exact(price)

    def note(self, event: ModelSwapped | ConnectionChanged | ConfigurationChanged) -> None:
        """Take an event that changes only what is remembered."""
        match event:
            case ModelSwapped():
                self.hashes = replace(self.hashes, model=event.model_id)
            case ConnectionChanged():
                self.is_connected = event.is_connected
            case ConfigurationChanged():
                self.hashes = replace(self.hashes, configuration=event.configuration_hash)

    def to_json(self) -> object:
        """Return the state as JSON values."""
        return encode(self)

    @classmethod
    def from_json(cls, value: object) -> CoreState:
        """Return the state that :meth:`to_json` wrote."""
        return decode(cls, value)
