"""Whatever drives the core, and however often it is stopped: the same events give the same decisions, bit for bit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qts_core.backtest import run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.events import ModelSwapped
from qts_core.trading.event_codec import decode_event
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot, replay
from tests.support.decision_market import QUICK, core, instruments, panel, scores
from tests.support.tape import Tape, recorded

BARS = panel(breadth=6, missing=0.02, seed=11)
SCORES = scores(BARS, seed=12)


@pytest.fixture(scope="module")
def tape() -> Tape:
    made = recorded(
        lambda: run_event_backtest(
            BARS, StoredPredictor(BARS.timeline, BARS.symbols, SCORES), QUICK, instruments=instruments(6),
            fills=fill_settings("realistic"), account="TEST", hashes=core(BARS, SCORES).hashes,
        )
    )  # fmt: skip
    assert sum(len(d.orders) for d in made.decisions) > 10
    return made


def test_the_journal_makes_every_decision_again_bit_for_bit(tape: Tape) -> None:
    again = list(replay(lambda: core(BARS, SCORES), None, map(decode_event, tape.events)))
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions]


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.9])
def test_a_core_stopped_anywhere_goes_on_as_if_it_had_not_been(tape: Tape, share: float) -> None:
    start = int(share * len(tape.events))
    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    again = list(replay(lambda: core(BARS, SCORES), epoch, map(decode_event, tape.events[start:])))
    assert again
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions[-len(again) :]]


def test_every_event_twice_changes_nothing(tape: Tape) -> None:
    doubled = [decode_event(text) for text in tape.events for _ in range(2)]
    again = list(replay(lambda: core(BARS, SCORES), None, doubled))
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions]


def test_a_swapped_model_must_be_given_to_replay(tape: Tape) -> None:
    first = decode_event(tape.events[0])
    swap = ModelSwapped(datetime(2024, 3, 4, tzinfo=UTC), "other")
    with pytest.raises(LookupError):
        list(replay(lambda: core(BARS, SCORES), None, [swap, first]))
    other = StoredPredictor(BARS.timeline, BARS.symbols, -SCORES, model_id="other")
    (decision,) = replay(lambda: core(BARS, SCORES), None, [swap, first], predictor_for=lambda _: other)
    assert decision.model_id == decision.hashes.model == "other"
