"""Trials, gate records and model health, the same on SQLite and PostgreSQL (checklist C-12, C-33; bad input B55)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from qts_core.adapters.db import Database, open_database
from qts_core.market.errors import DataConnectionError, DataValidationError, ExitCode
from qts_core.ports.research_store import GateRecord, ModelHealthReport, TrialRecord
from qts_core.research.ledger import Trial, TrialKind, TrialLedger
from tests.support.postgres import PostgresServer

NOON = datetime(2024, 11, 29, 17, 0, 0, 123456, tzinfo=UTC)
INJECTIONS = (
    "'; DROP TABLE trials;--",
    '"; DELETE FROM gate_records;--',
    "Robert'); DROP TABLE trials;--",
    "%s %(x)s :x \\",
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as opened:
        yield opened


def follow(last: TrialRecord | None, model: str = "m") -> TrialRecord:
    number = 1 if last is None else last.sequence + 1
    previous = "0" * 64 if last is None else last.record_hash
    return TrialRecord(number, f"trial{number}", model, "{}", NOON, previous, f"{number:064x}")


def gate(version: str = "1", *, model: str = "qts_m", report: str = "{}") -> GateRecord:
    return GateRecord(model, version, "b" * 64, True, report, NOON, "h" * 64)


def counts(database: Database) -> tuple[int, int, int]:
    with database.read() as connection:
        found = [
            int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
            for table in ("trials", "gate_records", "model_health_reports")
        ]
    return found[0], found[1], found[2]


def test_the_ledger_on_top_finds_its_chain_intact(database: Database) -> None:
    ledger = TrialLedger(database.trials)
    for number in range(3):
        trial = Trial(TrialKind.TRAINING, f"m{number % 2}", f"t{number}", daily_sharpe=0.1 + 0.2, sessions=250)
        ledger.record(trial, now=NOON + timedelta(microseconds=number))
    assert ledger.verify().is_intact
    assert [t.daily_sharpe for t in ledger.trials()] == [0.1 + 0.2] * 3
    assert [t.sequence for t in database.trials.all("m0")] == [1, 3]
    assert database.trials.last() == database.trials.all()[-1]
    assert (database.trials.count(), database.trials.count("m1")) == (3, 1)


def test_many_writers_continue_one_chain(url: str) -> None:
    open_database(url).close()

    def append(_: int) -> None:
        with open_database(url) as own:
            own.trials.append(follow)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(16)))
    with open_database(url) as database:
        chain = database.trials.all()
    assert [t.sequence for t in chain] == list(range(1, 17))
    assert all(after.previous_hash == before.record_hash for before, after in pairwise(chain))


def record_trials(url: str, writer: int) -> None:
    with open_database(url) as own:
        ledger = TrialLedger(own.trials)
        for number in range(6):
            ledger.record(Trial(TrialKind.SEARCH, "m", f"w{writer}t{number}", study="s"), now=NOON)


def test_several_processes_write_one_unbroken_ledger(url: str) -> None:
    """As when several workers share one parameter search."""
    open_database(url).close()
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        list(pool.map(record_trials, [url] * 3, range(3)))
    with open_database(url) as database:
        ledger = TrialLedger(database.trials)
        assert ledger.verify().is_intact
        assert ledger.summary().count == ledger.head().rows == 18


@pytest.mark.parametrize("table", ["trials", "gate_records"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET model = 'x'"])
def test_what_was_recorded_cannot_be_changed(database: Database, table: str, statement: str) -> None:
    database.trials.append(follow)
    database.gates.add(gate())
    with pytest.raises(IntegrityError, match="append-only"), database.write() as connection:
        connection.execute(text(statement.format(table)))
    assert counts(database) == (1, 1, 0)


def test_on_postgresql_not_even_truncate_gets_through(postgres_url: str) -> None:
    with open_database(postgres_url) as database:
        database.trials.append(follow)
        with pytest.raises(IntegrityError, match="append-only"), database.write() as connection:
            connection.execute(text("TRUNCATE trials"))


def test_an_instant_and_a_binary_float_come_back_bit_for_bit(database: Database) -> None:
    report = ModelHealthReport("m", "drift", 0.1 + 0.2, 5e-324, True, "{}", NOON + timedelta(microseconds=1))
    database.health.add(report)
    assert database.health.after(0)[0][1] == report
    database.gates.add(gate())
    assert database.gates.latest("qts_m", "1") == gate()


def test_the_newest_gate_record_counts_and_ids_grow(database: Database) -> None:
    for version in ("1", "2", "1"):
        database.gates.add(gate(version, report=f'{{"n":{len(database.gates.all())}}}'))
    found = database.gates.latest("qts_m", "1")
    assert found is not None
    assert found.report == '{"n":2}'
    assert [g.version for g in database.gates.all()] == ["1", "2", "1"]
    ids = [database.health.add(ModelHealthReport("m", "decay", 1.0, 0.5, n > 0, "{}", NOON)) for n in range(3)]
    assert ids == sorted(set(ids))
    assert [i for i, _ in database.health.after(ids[0])] == ids[1:]


@pytest.mark.parametrize("words", INJECTIONS)
def test_text_that_looks_like_sql_is_only_text(database: Database, words: str) -> None:
    """B55: as model, version, report and detail; every other row is still there afterwards."""
    database.trials.append(follow)
    database.gates.add(gate())
    database.trials.append(lambda last: follow(last, words))
    database.gates.add(gate(words, model=words, report=words))
    database.health.add(ModelHealthReport(words, "drift", 1.0, 0.5, True, words, NOON))
    assert counts(database) == (2, 2, 1)
    assert [t.model for t in database.trials.all(words)] == [words]
    assert database.gates.latest(words, words) == gate(words, model=words, report=words)


def test_a_failed_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def fail(last: TrialRecord | None) -> TrialRecord:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        database.trials.append(fail)
    assert database.trials.append(follow).sequence == 1


def test_a_text_too_long_for_its_column_is_one_line_on_postgresql(postgres_url: str) -> None:
    with open_database(postgres_url) as database, pytest.raises(DataValidationError, match="QTS-DB-006"):
        database.gates.add(gate("v" * 33))


def test_a_server_that_drops_its_connections_is_one_clear_error_and_then_forgotten(
    postgres: PostgresServer, postgres_url: str
) -> None:
    with open_database(postgres_url) as database:

        def link(last: TrialRecord | None) -> TrialRecord:
            postgres.disconnect_everybody(postgres_url)
            return follow(last)

        with pytest.raises(DataConnectionError, match="QTS-DB-001") as caught:
            database.trials.append(link)
        assert caught.value.exit_code is ExitCode.CONNECTION
        assert "\n" not in caught.value.line()
        count = database.trials.count()
        assert database.trials.append(follow).sequence == count + 1


def test_idle_connections_that_died_are_replaced_unseen(postgres: PostgresServer, postgres_url: str) -> None:
    with open_database(postgres_url) as database:
        database.trials.count()
        postgres.disconnect_everybody(postgres_url)
        database.trials.count()
