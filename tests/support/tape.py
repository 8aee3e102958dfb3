"""What a backtest's core handled, recorded as the journal would hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from qts_core.market.events import Event
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Output, RecordDecision
from qts_core.trading.event_codec import encode_event
from qts_core.trading.replay import take_epoch

__all__ = ["Tape", "recorded"]


@dataclass
class Tape:
    """Everything that the core handled and decided, with a snapshot before each event."""

    events: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)


def recorded(run: Callable[[], object]) -> Tape:
    """Run a backtest and return its tape."""
    tape = Tape()
    original = TradingCore.handle

    def handle(self: TradingCore, event: Event) -> list[Output]:
        tape.snapshots.append(take_epoch(self).to_json())
        tape.events.append(encode_event(event))
        outputs = original(self, event)
        tape.decisions += [o.decision for o in outputs if isinstance(o, RecordDecision)]
        return outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TradingCore, "handle", handle)
        run()
    return tape
