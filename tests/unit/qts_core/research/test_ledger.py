"""The ledger counts what was tried and notices every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.errors import ModelLoadError
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind, TrialLedger, verify_chain
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


DAYS = np.arange(19_000, 19_250)


def series_of(seed: int, *, like: int | None = None) -> ReturnSeries:
    drawn = np.random.default_rng(seed).standard_normal(250)
    if like is not None:
        drawn = np.random.default_rng(like).standard_normal(250) + 0.05 * drawn
    return ReturnSeries.of(DAYS, 0.01 * drawn)


def search(identity: str, **changes: object) -> Trial:
    return replace(Trial(TrialKind.SEARCH, "toy", identity, study="s"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(TrialKind))
def test_every_kind_comes_back_as_it_was_written(kind: TrialKind) -> None:
    trial = Trial(kind, "toy", "t1", "p", "pruned", 0.1, 250, {"a": "b"}, "study", 5, series_of(1))
    assert Trial.from_json(trial.to_json()) == trial


def test_a_row_from_before_studies_and_returns_is_still_read() -> None:
    old = (
        '{"daily_sharpe":0.1,"detail":{},"failure":"","identity":"b","kind":"backtest","model":"toy","parent":"t",'
        '"sessions":310}'
    )
    assert Trial.from_json(old) == Trial(TrialKind.BACKTEST, "toy", "b", "t", daily_sharpe=0.1, sessions=310)
    assert Trial.from_json(old).to_json() == old


def test_every_trial_of_a_search_counts_and_so_do_the_candidates_that_a_choice_stands_for() -> None:
    choice = Trial(TrialKind.ENSEMBLE, "toy", "e1", alternatives=5)
    ledger, _ = ledger_with(search("s1"), search("s2", failure="pruned"), search("s2", failure="pruned"), choice)
    summary = ledger.summary()
    assert (summary.count, summary.failed, summary.independent) == (7, 1, 7.0)


def test_copies_of_one_strategy_count_as_one_independent_trial() -> None:
    ledger, _ = ledger_with(*(search(f"s{i}", returns=series_of(i, like=99)) for i in range(20)))
    summary = ledger.summary()
    assert summary.count == 20
    assert summary.independent < 1.3


def test_trials_whose_returns_nobody_kept_count_in_full_beside_copies() -> None:
    copies = [search(f"s{i}", returns=series_of(i, like=99)) for i in range(20)]
    ledger, _ = ledger_with(*copies, *(search(f"n{i}") for i in range(7)))
    assert 8.0 <= ledger.summary().independent < 8.4


def test_returns_too_short_or_constant_say_nothing_of_likeness() -> None:
    short = ReturnSeries.of(DAYS[:19], np.arange(19.0))
    still = ReturnSeries.of(DAYS, np.zeros(250))
    ledger, _ = ledger_with(*(search(f"s{i}", returns=short if i % 2 else still) for i in range(6)))
    assert ledger.summary().independent == 6.0


def test_strangers_count_in_full_and_the_order_of_writing_does_not_matter() -> None:
    trials = [search(f"s{i}", returns=series_of(i)) for i in range(12)]
    first, second = ledger_with(*trials)[0].summary(), ledger_with(*trials[::-1])[0].summary()
    assert first.independent == pytest.approx(12.0, rel=0.08)
    assert first == second


def test_a_trial_stands_for_at_least_one_candidate() -> None:
    with pytest.raises(ValueError, match="at least one"):
        search("s1", alternatives=0)


def test_a_year_of_returns_takes_little_room_and_keeps_float32() -> None:
    series = series_of(3)
    assert len(search("s1", returns=series).to_json()) < 1800
    again = ReturnSeries.from_json(series.to_json())
    assert again == series
    assert hash(again) == hash(series)
    assert again.values == pytest.approx(series.values, rel=0)


@pytest.mark.parametrize(
    ("days", "values"),
    [([1, 2], [0.1]), ([2, 1], [0.1, 0.2]), ([1, 1], [0.1, 0.2]), ([1, 2], [0.1, np.nan]), ([1], [np.inf])],
)
def test_returns_that_are_not_one_finite_number_a_day_are_refused(days: list[int], values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"return|days"):
        ReturnSeries.of(np.array(days), np.array(values))


def test_dates_and_day_numbers_are_the_same_series() -> None:
    dates = [date(2024, 1, 2), date(2024, 1, 3)]
    assert ReturnSeries.of(dates, np.array([0.1, 0.2])) == ReturnSeries.of(
        np.array([19_724, 19_725]), np.array([0.1, 0.2])
    )


@pytest.mark.parametrize("changes", [{"sessions": 10**9}, {"sessions": -1}, {"sessions": 249}, {"values": "00"}])
def test_a_stored_series_that_contradicts_itself_is_refused(changes: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r"claims|return|buffer size"):
        ReturnSeries.from_json(series_of(1).to_json() | changes)


def test_a_tail_that_is_gone_shows_against_a_head_kept_elsewhere() -> None:
    ledger, store = ledger_with(*(training(f"t{i}") for i in range(5)))
    head = replace(ledger.head(), place="the tag of qts_toy version 1")
    del store.records[3:]
    assert ledger.verify().is_intact
    check = ledger.verify([head])
    assert check.first_bad == 4
    assert check.problem == "it is gone: the tag of qts_toy version 1 saw 5 rows, there are 3"
    with pytest.raises(ModelLoadError, match="it is gone"):
        ledger.summary([head])


def test_a_head_of_the_empty_ledger_fits_every_ledger() -> None:
    ledger, _ = ledger_with()
    head = ledger.head()
    ledger.record(training("t1"), now=NOON)
    assert ledger.verify([head]).is_intact
    assert head.rows == 0
