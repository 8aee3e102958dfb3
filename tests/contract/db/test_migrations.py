"""Migrations: from nothing, from before there were any, up and down, by two processes at once, never by halves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from qts_core.adapters.db import open_database
from qts_core.adapters.db.engine import connect_engine, reader, writer
from qts_core.adapters.db.migrate import alembic_config, differences, status, upgrade
from qts_core.adapters.db.stores import DATABASE, JOURNAL, STUDIES, Store
from qts_core.adapters.db.versions import FIRST, create_schema, prepare, stored_version
from qts_core.market.errors import ConfigurationError, ExitCode
from tests.contract.db.before_migrations import make_database_of_before, make_journal_of_before

STORES = pytest.mark.parametrize("store", [DATABASE, JOURNAL, STUDIES], ids=lambda s: s.name)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = connect_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def journal_engine(url: str) -> Iterator[Engine]:
    opened = connect_engine(url, schema=JOURNAL.schema)
    yield opened
    opened.dispose()


def rows(engine: Engine, table: str) -> list[tuple[object, ...]]:
    with reader(engine) as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]


@STORES
def test_migrations_from_nothing_make_the_tables_that_are_declared(url: str, store: Store) -> None:
    engine = connect_engine(url, schema=store.schema)
    done = upgrade(engine, store)
    assert (done.before, done.after) == (None, store.head)
    with reader(engine) as connection:
        assert differences(connection, store) == ()
        assert set(inspect(connection).get_table_names()) == {*store.metadata.tables, "alembic_version"}
    engine.dispose()


@STORES
def test_a_new_database_made_without_migrations_stands_at_the_newest(url: str, store: Store) -> None:
    engine = connect_engine(url, schema=store.schema)
    prepare(engine, store)
    found = status(engine, store)
    assert found.is_current
    assert set(found.rows) == set(store.metadata.tables)
    assert (upgrade(engine, store).before, upgrade(engine, store).after) == (store.head, store.head)
    engine.dispose()


@STORES
def test_the_declared_head_is_the_last_migration(store: Store) -> None:
    engine = connect_engine("sqlite://")
    with reader(engine) as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection, store))
    assert scripts.get_heads() == [store.head]
    assert scripts.get_bases() == [FIRST]
    engine.dispose()


def test_a_database_from_before_is_refused_with_the_command_that_helps(engine: Engine, url: str) -> None:
    make_database_of_before(engine)
    with pytest.raises(ConfigurationError, match="qts db upgrade") as caught:
        open_database(url)
    assert (caught.value.code, caught.value.exit_code) == ("QTS-DB-003", ExitCode.USER_ERROR)
    assert "alembic_version" not in inspect(engine).get_table_names()


def test_a_database_from_before_is_taken_over_with_every_row(engine: Engine, url: str) -> None:
    make_database_of_before(engine)
    tables = ("trials", "gate_records", "model_health_reports")
    before = {table: rows(engine, table) for table in tables}
    done = upgrade(engine, DATABASE)
    assert (done.before, done.after) == (FIRST, DATABASE.head)
    assert {table: rows(engine, table) for table in tables} == before
    with open_database(url) as database:
        assert [t.trial_id for t in database.trials.all()] == ["trial1"]
        assert database.health.after(0)[0][1].value == 0.30000000000000004


@pytest.mark.parametrize("statement", ["DELETE FROM trials", "UPDATE gate_records SET model = 'x'"])
def test_records_taken_over_are_guarded_from_then_on(engine: Engine, statement: str) -> None:
    make_database_of_before(engine)
    upgrade(engine, DATABASE)
    with pytest.raises(IntegrityError, match="append-only"), writer(engine) as connection:
        connection.execute(text(statement))


def test_a_journal_from_before_is_opened_as_it_is(journal_engine: Engine) -> None:
    """Its tables are those of the newest version, so a daemon with open positions need not wait for anybody."""
    with writer(journal_engine) as connection:
        create_schema(connection, JOURNAL)
    make_journal_of_before(journal_engine)
    prepare(journal_engine, JOURNAL)
    assert upgrade(journal_engine, JOURNAL).before == FIRST
    assert rows(journal_engine, "lease") == [(4, "pid 1", 1732899600123456)]


def test_missing_tables_of_before_are_made_and_the_others_kept(engine: Engine, url: str) -> None:
    make_database_of_before(engine)
    with writer(engine) as connection:
        connection.execute(text("DROP TABLE model_health_reports"))
    with pytest.raises(ConfigurationError, match="version unknown"):
        open_database(url)
    assert upgrade(engine, DATABASE).before == ""
    assert len(rows(engine, "trials")) == 1
    assert status(engine, DATABASE).is_current


def test_tables_of_another_shape_are_refused_and_left_alone(engine: Engine) -> None:
    with writer(engine) as connection:
        connection.execute(
            text("CREATE TABLE trials (sequence INTEGER PRIMARY KEY, note TEXT, trial_id TEXT, model TEXT)")
        )
        connection.execute(text("INSERT INTO trials VALUES (1, 'mine', 'x', 'y')"))
    with pytest.raises(ConfigurationError, match="trials") as caught:
        upgrade(engine, DATABASE)
    assert caught.value.code == "QTS-DB-005"
    assert inspect(engine).get_table_names() == ["trials"]
    assert rows(engine, "trials") == [(1, "mine", "x", "y")]


def test_a_database_of_a_newer_qts_is_refused_by_all(engine: Engine, url: str) -> None:
    prepare(engine, DATABASE)
    with writer(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (lambda: open_database(url), lambda: upgrade(engine, DATABASE)):
        with pytest.raises(ConfigurationError, match="newer QTS") as caught:
            attempt()
        assert caught.value.code == "QTS-DB-004"


def test_status_sees_what_was_changed_by_hand(engine: Engine) -> None:
    prepare(engine, DATABASE)
    with writer(engine) as connection:
        connection.execute(text("DROP INDEX ohlcv_bars_by_time"))
        connection.execute(text("ALTER TABLE features ADD COLUMN mood TEXT"))
    found = status(engine, DATABASE)
    assert not found.is_current
    assert any("ohlcv_bars_by_time" in d for d in found.differences)
    assert any("mood" in d for d in found.differences)


def test_tables_of_others_do_not_matter(engine: Engine) -> None:
    prepare(engine, DATABASE)
    with writer(engine) as connection:
        connection.execute(text("CREATE TABLE runs (id INTEGER)"))
    assert status(engine, DATABASE).is_current


def test_down_and_up_again_keeps_what_cannot_be_loaded_again(engine: Engine) -> None:
    make_database_of_before(engine)
    upgrade(engine, DATABASE)
    before = rows(engine, "trials")
    with writer(engine) as connection:
        command.downgrade(alembic_config(connection, DATABASE), FIRST)
    with reader(engine) as connection:
        assert stored_version(connection, DATABASE) == FIRST
        assert "ohlcv_bars" not in inspect(connection).get_table_names()
    upgrade(engine, DATABASE)
    assert rows(engine, "trials") == before
    assert status(engine, DATABASE).is_current


@STORES
def test_nothing_goes_below_the_first_version(url: str, store: Store) -> None:
    engine = connect_engine(url, schema=store.schema)
    upgrade(engine, store)
    with pytest.raises(ConfigurationError, match="never dropped"), writer(engine) as connection:
        command.downgrade(alembic_config(connection, store), "base")
    assert status(engine, store).is_current
    engine.dispose()


def test_processes_that_upgrade_at_once_all_succeed_and_one_does_it(engine: Engine, url: str) -> None:
    make_database_of_before(engine)
    code = (
        "import sys; from qts_core.adapters.db.engine import connect_engine; "
        "from qts_core.adapters.db.migrate import upgrade; from qts_core.adapters.db.stores import DATABASE; "
        "engine = connect_engine(sys.argv[1], wait_seconds=30); sys.stdin.readline(); "
        "print(upgrade(engine, DATABASE).before)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    assert said == [FIRST, DATABASE.head, DATABASE.head]
    assert len(rows(engine, "trials")) == 1


def test_many_that_open_an_empty_database_at_once_find_it_made(url: str) -> None:
    def open_and_count(_: int) -> int:
        with open_database(url) as database:
            return database.trials.count()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_and_count, range(6))) == [0] * 6


def test_on_postgresql_the_journal_keeps_to_its_own_schema(postgres_url: str) -> None:
    for store in (DATABASE, JOURNAL):
        engine = connect_engine(postgres_url, schema=store.schema)
        prepare(engine, store)
        assert status(engine, store).is_current
        engine.dispose()
    engine = connect_engine(postgres_url)
    assert set(inspect(engine).get_table_names("journal")) == {*JOURNAL.metadata.tables, "alembic_version"}
    assert set(inspect(engine).get_table_names("public")) == {*DATABASE.metadata.tables, "alembic_version"}
    engine.dispose()


def test_opening_does_not_import_alembic_nor_what_only_postgresql_needs(tmp_path: object) -> None:
    code = (
        "import sys; from qts_core.adapters.db import open_database; from qts_core.adapters.db.journal import Journal; "
        "from pathlib import Path; folder = Path(sys.argv[1]); "
        "[open_database(f'sqlite:///{folder}/qts.db').close() for _ in '12']; Journal(folder / 'journal.db').close(); "
        "print(sorted({'alembic', 'mako', 'psycopg', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
