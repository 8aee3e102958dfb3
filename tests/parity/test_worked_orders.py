"""Orders worked over time: recorded, replayed or stopped anywhere, the same decisions and the same ids of children."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.data.building.synthesis import synthesise_minutes
from qts_core.exchange import fill_settings
from qts_core.market.events import SubmitOrder
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.orders.algorithms.wishes import ScheduleSettings
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import RecordDecision
from qts_core.trading.event_codec import decode_event
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, core, instruments, panel, scores
from tests.support.tape import Tape, recorded

BARS = panel(breadth=6, missing=0.02, seed=11)
SCORES = scores(BARS, seed=12)


def worked(minutes: int, choice: AlgorithmChoice = AlgorithmChoice.TWAP, **more: object) -> CoreSettings:
    """Return the quick path whose orders are worked for an hour in slices of so many minutes."""
    schedule = ScheduleSettings(interval=timedelta(minutes=minutes), **more)  # type: ignore[arg-type]
    return replace(QUICK, execution=AlgorithmSettings(choice, timedelta(hours=1), schedule))


def run(settings: CoreSettings, *, on_minutes: bool = False) -> BacktestResult:
    return run_event_backtest(
        BARS, StoredPredictor(BARS.timeline, BARS.symbols, SCORES), settings, instruments=instruments(6),
        fills=fill_settings("realistic"), account="TEST", hashes=core(BARS, SCORES).hashes, keep_decisions=True,
        minutes=synthesise_minutes(BARS) if on_minutes else None,
    )  # fmt: skip


def again(settings: CoreSettings, tape: Tape, start: int = 0) -> Iterator[tuple[str, str]]:
    """Handle the tape's events from `start` on; yield each decision's digest and each order's id."""
    fresh = core(BARS, SCORES, settings)
    if start:
        epoch = EpochSnapshot.from_json(tape.snapshots[start])
        fresh.restore(epoch.core)
        fresh.predictor.restore(epoch.predictor)
    yield from outputs(fresh, tape, start)


def outputs(fresh: TradingCore, tape: Tape, start: int, *, times: int = 1) -> Iterator[tuple[str, str]]:
    for text in tape.events[start:]:
        for _ in range(times):
            for output in fresh.handle(decode_event(text)):
                if isinstance(output, RecordDecision):
                    yield output.decision.digest(), output.decision.decision_id
                elif isinstance(output, SubmitOrder):
                    yield output.request.client_order_id, output.decision_id


SETTINGS = worked(5, jitter_ratio=0.4, limit_offset_bps=Decimal(-2))
"""Slices between bars, late ones, limits that rest and are cancelled: everything that a schedule does."""


@pytest.fixture(scope="module")
def tape() -> Tape:
    made = recorded(lambda: run(SETTINGS))
    assert sum(len(d.parents) for d in made.decisions) > 10
    assert sum("TimerFired" in text for text in made.events) > 50
    return made


def test_the_journal_makes_every_decision_and_every_child_again(tape: Tape) -> None:
    made = list(again(SETTINGS, tape))
    decided = [d.digest() for d in tape.decisions]
    assert [each for each, slot in made if not each.startswith("q-")] == decided
    children = [each for each, _ in made if each.startswith("q-")]
    assert len(children) == len(set(children)) > 100


@pytest.mark.parametrize("share", [0.2, 0.31, 0.5, 0.73, 0.95])
def test_a_core_stopped_in_the_middle_of_parents_goes_on_with_the_same_ids(tape: Tape, share: float) -> None:
    whole = list(again(SETTINGS, tape))
    rest = list(again(SETTINGS, tape, int(share * len(tape.events))))
    assert rest
    assert rest == whole[-len(rest) :]


def test_every_event_twice_sends_nothing_twice(tape: Tape) -> None:
    doubled = outputs(core(BARS, SCORES, SETTINGS), tape, 0, times=2)
    assert list(doubled) == list(again(SETTINGS, tape))


def test_timers_after_a_restart_are_those_that_stood(tape: Tape) -> None:
    start = next(i for i, text in enumerate(tape.events) if "TimerFired" in text)
    fresh = core(BARS, SCORES, SETTINGS)
    fresh.restore(EpochSnapshot.from_json(tape.snapshots[start]).core)
    due = decode_event(tape.events[start])
    assert due.name in {timer.name for timer in fresh.timers()}  # type: ignore[union-attr]


def test_slices_of_a_bars_length_trade_alike_on_bars_and_on_minutes() -> None:
    """What is sent at a bar's close fills at the next open, which is the open of its first minute."""
    one, other = run(worked(15)), run(worked(15), on_minutes=True)
    assert one.decisions_digest == other.decisions_digest
    assert [f.price for f in one.fills] == [f.price for f in other.fills]
    assert len(one.parents) == len(other.parents) > 10


@pytest.mark.parametrize("choice", [AlgorithmChoice.VWAP, AlgorithmChoice.SHORTFALL, AlgorithmChoice.ADAPTIVE])
def test_every_algorithm_comes_through_a_restart(choice: AlgorithmChoice) -> None:
    settings = worked(15, choice, max_participation=0.2)
    tape = recorded(lambda: run(settings))
    assert tape.decisions
    whole, half = list(again(settings, tape)), len(tape.events) * 3 // 5
    assert [each for each, _ in whole if not each.startswith("q-")] == [d.digest() for d in tape.decisions]
    assert (rest := list(again(settings, tape, half)))
    assert rest == whole[-len(rest) :]
