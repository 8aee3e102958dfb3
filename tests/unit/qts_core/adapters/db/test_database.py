"""The database: durable, append-only, one writer at a time, errors on one line."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from qts_core.adapters.db import Database, open_database
from qts_core.adapters.db.engine import shown_url
from qts_core.market.errors import DataConnectionError, DataCorruptionError, ExitCode, InvalidConfigError
from qts_core.ports.research_store import GateRecord, ModelHealthReport, TrialRecord

NOON = datetime(2024, 11, 29, 17, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'deep' / 'er' / 'qts.db'}") as opened:
        yield opened


def follow(last: TrialRecord | None, model: str = "m") -> TrialRecord:
    number = 1 if last is None else last.sequence + 1
    previous = "0" * 64 if last is None else last.record_hash
    return TrialRecord(number, f"trial{number}", model, "{}", NOON, previous, f"{number:064x}")


def gate(version: str = "1", *, passed: bool = True, bundle: str = "b" * 64) -> GateRecord:
    return GateRecord("qts_m", version, bundle, passed, '{"gates":[]}', NOON, "h" * 64)


def test_sqlite_is_opened_for_full_durability(database: Database) -> None:
    with database.read() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000}


def test_a_trial_follows_the_last_one(database: Database) -> None:
    first = database.trials.append(follow)
    second = database.trials.append(lambda last: follow(last, "other"))
    assert (first.sequence, second.sequence, second.previous_hash) == (1, 2, first.record_hash)
    assert database.trials.all() == (first, second)
    assert database.trials.all("other") == (second,)
    assert database.trials.last() == second
    assert (database.trials.count(), database.trials.count("m")) == (2, 1)


def test_an_empty_chain_has_no_last_trial(database: Database) -> None:
    assert database.trials.last() is None
    assert database.trials.count() == 0


def test_the_instant_comes_back_to_the_microsecond(database: Database) -> None:
    database.gates.add(gate())
    found = database.gates.latest("qts_m", "1")
    assert found == gate()


def test_two_writers_never_continue_the_same_trial(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'qts.db'}"
    open_database(url).close()

    def append(_: int) -> None:
        with open_database(url) as own:
            own.trials.append(follow)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(20)))
    with open_database(url) as database:
        assert [t.sequence for t in database.trials.all()] == list(range(1, 21))


@pytest.mark.parametrize("table", ["trials", "gate_records"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET model = 'x'"])
def test_what_was_recorded_cannot_be_changed(database: Database, table: str, statement: str) -> None:
    database.trials.append(follow)
    database.gates.add(gate())
    with pytest.raises(IntegrityError, match="append-only"), database.write() as connection:
        connection.execute(text(statement.format(table)))


def test_the_newest_gate_record_of_a_version_or_bundle_counts(database: Database) -> None:
    for record in (gate("1"), gate("2", bundle="c" * 64), gate("1", passed=False)):
        database.gates.add(record)
    latest = database.gates.latest("qts_m", "1")
    assert latest is not None
    assert latest.passed is False
    assert database.gates.latest("qts_m", "9") is None
    by_bundle = database.gates.by_bundle("c" * 64)
    assert by_bundle is not None
    assert by_bundle.version == "2"
    assert len(database.gates.all()) == 3
    assert database.gates.all("another") == ()


def test_the_sensor_sees_only_breaches_after_its_cursor(database: Database) -> None:
    reports = [
        ModelHealthReport("m", "drift", value, 0.2, value > 0.2, "{}", NOON + timedelta(hours=hour))
        for hour, value in enumerate((0.1, 0.3, 0.4))
    ]
    ids = [database.health.add(report) for report in reports]
    assert ids == sorted(set(ids))
    assert [r for _, r in database.health.after(0)] == reports[1:]
    assert [i for i, _ in database.health.after(ids[1])] == [ids[2]]
    assert len(database.health.after(0, breaches_only=False)) == 3


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    def fail(last: TrialRecord | None) -> TrialRecord:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        database.trials.append(fail)
    assert database.trials.count() == 0


def test_text_that_looks_like_sql_is_only_text(database: Database) -> None:
    database.trials.append(lambda last: follow(last, "'; DROP TABLE trials;--"))
    assert database.trials.count() == 1


def test_a_damaged_file_is_corruption(tmp_path: Path) -> None:
    path = tmp_path / "qts.db"
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(DataCorruptionError, match="damaged") as caught:
        open_database(f"sqlite:///{path}")
    assert caught.value.exit_code is ExitCode.CORRUPT


@pytest.mark.parametrize("url", ["nonsense", "", "mongodb://x/y", "sqlite3://x"])
def test_an_address_of_no_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidConfigError):
        open_database(url)


def test_a_locked_database_is_a_connection_error_that_names_the_cause(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'qts.db'}"
    with open_database(url) as holder, open_database(url) as other:
        with other.read() as connection:
            connection.execute(text("PRAGMA busy_timeout=1"))
        with (
            holder.write(),
            pytest.raises(DataConnectionError, match="locked"),
            other.write() as connection,
        ):
            connection.execute(text("SELECT 1"))


def test_a_database_never_shows_its_password() -> None:
    assert shown_url("postgresql+psycopg://u:SENTINEL@h/d") == "postgresql+psycopg://u:***@h/d"
    assert shown_url("SENTINEL") == "an unreadable URL"
