"""Make decisions again from recorded events: the proof that what ran is what the code says (``qts replay``)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from qts_core.market.events import Event, ModelSwapped
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, RecordDecision
from qts_core.trading.exact_json import canonical, parse
from qts_core.trading.predictors import Predictor

__all__ = ["CoreFactory", "EpochSnapshot", "replay", "take_epoch"]

CoreFactory = Callable[[], TradingCore]
"""Makes a core with the settings, instruments, model and hashes of the epoch."""


@dataclass(frozen=True, slots=True)
class EpochSnapshot:
    """State of a core and its predictor at one moment, from which events are folded on."""

    core: Mapping[str, object]
    predictor: bytes

    def to_json(self) -> str:
        """Return the snapshot as canonical JSON."""
        return canonical({"core": self.core, "predictor": base64.b64encode(self.predictor).decode()})

    @classmethod
    def from_json(cls, text: str) -> EpochSnapshot:
        """Return the snapshot that :meth:`to_json` wrote."""
        value = cast(Mapping[str, object], parse(text))
        core = cast(Mapping[str, object], value["core"])
        return cls(core, base64.b64decode(str(value["predictor"]), validate=True))


def take_epoch(core: TradingCore) -> EpochSnapshot:
    """Return the state of `core` as of now."""
    return EpochSnapshot(core.snapshot(), core.predictor.snapshot())


def replay(
    core_factory: CoreFactory,
    epoch_snapshot: EpochSnapshot | None,
    events: Iterable[Event],
    *,
    predictor_for: Callable[[str], Predictor] | None = None,
) -> Iterator[Decision]:
    """Yield each decision that `events` lead to, in order.

    Parameters
    ----------
    core_factory : callable
        Makes the core of the epoch.
    epoch_snapshot : EpochSnapshot or None
        Where to start; None = from the factory's state.
    events : iterable of Event
        All that the core handled, in the order in which it did.
    predictor_for : callable, optional
        Gives the predictor of a model id when the events swap models; its state must be that of the swap.

    Raises
    ------
    LookupError
        If the events swap models and `predictor_for` is not given.
    """
    core = core_factory()
    if epoch_snapshot is not None:
        core.restore(epoch_snapshot.core)
        core.predictor.restore(epoch_snapshot.predictor)
    for event in events:
        if isinstance(event, ModelSwapped):
            if predictor_for is None:
                raise LookupError(f"the model {event.model_id} was swapped in, but nothing gives its predictor")
            core.swap_predictor(predictor_for(event.model_id))
        for output in core.handle(event):
            if isinstance(output, RecordDecision):
                yield output.decision
