"""The ledger counts what was tried and notices every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.errors import ModelLoadError
from qts_core.research.ledger import Trial, TrialKind, TrialLedger, verify_chain
from tests.unit.qts_core.research.memory import NOON, MemoryTrials


def training(identity: str, failure: str = "") -> Trial:
    return Trial(TrialKind.TRAINING, "toy", identity, failure=failure)


def backtest(identity: str, parent: str, sharpe: float | None) -> Trial:
    return Trial(TrialKind.BACKTEST, "toy", identity, parent=parent, daily_sharpe=sharpe, sessions=100)


def ledger_with(*trials: Trial) -> tuple[TrialLedger, MemoryTrials]:
    store = MemoryTrials()
    ledger = TrialLedger(store)
    for i, trial in enumerate(trials):
        ledger.record(trial, now=NOON + timedelta(minutes=i))
    return ledger, store


def test_a_training_and_its_backtest_are_one_trial() -> None:
    ledger, _ = ledger_with(training("t1"), backtest("b1", "t1", 0.1))
    assert ledger.summary().count == 1


def test_two_trading_rules_on_one_training_are_two_trials() -> None:
    ledger, _ = ledger_with(training("t1"), backtest("b1", "t1", 0.1), backtest("b2", "t1", 0.3))
    summary = ledger.summary()
    assert summary.count == 2
    assert summary.sharpe_variance == pytest.approx(np.var([0.1, 0.3], ddof=1))


def test_trainings_that_failed_or_were_never_backtested_count() -> None:
    ledger, _ = ledger_with(training("t1", failure="too few samples"), training("t2"), backtest("b3", "t3", 0.2))
    summary = ledger.summary()
    assert (summary.count, summary.failed, summary.sharpe_variance) == (3, 1, None)


def test_the_very_same_trial_again_is_written_but_not_counted() -> None:
    ledger, store = ledger_with(*[training("t1"), backtest("b1", "t1", 0.1)] * 3)
    assert len(store.records) == 6
    assert ledger.summary().count == 1
    assert ledger.trials()[1] == backtest("b1", "t1", 0.1)


def test_an_undefined_sharpe_ratio_is_none() -> None:
    ledger, _ = ledger_with(backtest("b1", "t1", float("nan")))
    assert ledger.trials()[0].daily_sharpe is None


def test_rows_are_numbered_and_each_carries_the_hash_of_the_one_before() -> None:
    _, store = ledger_with(training("t1"), training("t2"), training("t3"))
    assert [r.sequence for r in store.records] == [1, 2, 3]
    assert store.records[0].previous_hash == "0" * 64
    assert store.records[2].previous_hash == store.records[1].record_hash


@given(
    place=st.integers(0, 4),
    field=st.sampled_from(["payload", "trial_id", "model", "created_at", "record_hash", "previous_hash", "sequence"]),
)
def test_any_change_of_any_field_of_any_row_is_noticed(place: int, field: str) -> None:
    ledger, store = ledger_with(*(training(f"t{i}") for i in range(5)))
    row = store.records[place]
    value = getattr(row, field)
    other = value + "x" if isinstance(value, str) else value + (1 if isinstance(value, int) else timedelta(seconds=1))
    store.records[place] = replace(row, **{field: other})  # type: ignore[arg-type]
    check = ledger.verify()
    assert check.first_bad == place + 1
    assert not check.is_intact


@given(place=st.integers(0, 3))
def test_a_removed_row_is_noticed_unless_it_was_the_last(place: int) -> None:
    _, store = ledger_with(*(training(f"t{i}") for i in range(5)))
    del store.records[place]
    assert verify_chain(store.records).first_bad == place + 1


def test_swapped_rows_are_noticed() -> None:
    _, store = ledger_with(*(training(f"t{i}") for i in range(3)))
    store.records[1], store.records[2] = store.records[2], store.records[1]
    assert verify_chain(store.records).first_bad == 2


def test_a_broken_chain_gives_no_count() -> None:
    ledger, store = ledger_with(training("t1"), training("t2"))
    store.records[0] = replace(store.records[0], payload=training("t9").to_json())
    with pytest.raises(ModelLoadError, match="row 1"):
        ledger.summary()


def test_an_empty_ledger_is_intact_and_counts_nothing() -> None:
    ledger, _ = ledger_with()
    assert ledger.verify().is_intact
    assert ledger.summary().count == 0
