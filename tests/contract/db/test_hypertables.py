"""TimescaleDB: what is asked of it, and that a PostgreSQL without it works (specification 14.3; X-26)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from qts_core.adapters.db import Database, open_database
from qts_core.adapters.db.hypertables import HYPERTABLES, apply_hypertables, has_timescale, hypertable_statements
from qts_core.adapters.db.migrate import upgrade
from qts_core.adapters.db.stores import DATABASE, JOURNAL

# The functions with the arguments that TimescaleDB 2 documents; each notes its call.
STAND_IN = """
CREATE SCHEMA timescaledb_information;
CREATE TABLE calls (number SERIAL, call TEXT);
CREATE VIEW timescaledb_information.hypertables AS
    SELECT 'public'::name AS hypertable_schema, ''::name AS hypertable_name, FALSE AS compression_enabled WHERE FALSE;
CREATE FUNCTION create_hypertable(relation REGCLASS, time_column_name NAME, partitioning_column NAME = NULL,
    number_partitions INTEGER = NULL, associated_schema_name NAME = NULL, associated_table_prefix NAME = NULL,
    chunk_time_interval ANYELEMENT = NULL::bigint, create_default_indexes BOOLEAN = TRUE,
    if_not_exists BOOLEAN = FALSE, partitioning_func REGPROC = NULL, migrate_data BOOLEAN = FALSE) RETURNS VOID
    LANGUAGE sql AS $$ INSERT INTO calls (call) VALUES (relation || ' ' || time_column_name || ' ' ||
    chunk_time_interval::text) $$;
CREATE FUNCTION add_compression_policy(hypertable REGCLASS, compress_after ANYELEMENT,
    if_not_exists BOOLEAN = FALSE) RETURNS INTEGER LANGUAGE sql AS $$ INSERT INTO calls (call)
    VALUES (hypertable || ' compress ' || compress_after::text); SELECT 1 $$;
CREATE FUNCTION add_retention_policy(relation REGCLASS, drop_after INTERVAL, if_not_exists BOOLEAN = FALSE)
    RETURNS INTEGER LANGUAGE sql AS $$ INSERT INTO calls (call) VALUES (relation || ' drop ' || drop_after::text);
    SELECT 1 $$
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with open_database(postgres_url) as opened:
        yield opened


def test_bars_are_cut_by_week_and_kept_and_features_by_day_for_two_years() -> None:
    kept = {h.table: (h.chunk, h.compress_after, h.retain, h.segment_by) for h in HYPERTABLES}
    assert kept == {
        "ohlcv_bars": ("1 week", "7 days", "", "symbol"),
        "features": ("1 day", "7 days", "2 years", "symbol, feature_name"),
    }


def test_every_hypertable_has_its_time_column_in_every_key() -> None:
    """TimescaleDB refuses a primary key or unique index without it."""
    for hypertable in HYPERTABLES:
        table = DATABASE.metadata.tables[hypertable.table]
        assert "timestamp" in {column.name for column in table.primary_key.columns}
        assert not any(index.unique and "timestamp" not in str(index.expressions) for index in table.indexes)
        assert {name.strip() for name in hypertable.segment_by.split(",")} < set(table.columns.keys())


def test_the_statements_are_those_of_the_specification() -> None:
    bars, features = (hypertable_statements(h) for h in HYPERTABLES)
    assert bars[1:] == (
        "ALTER TABLE ohlcv_bars SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol', "
        "timescaledb.compress_orderby = 'timestamp DESC')",
        "SELECT add_compression_policy('ohlcv_bars', INTERVAL '7 days', if_not_exists => TRUE)",
    )
    assert "chunk_time_interval => INTERVAL '1 week'" in bars[0]
    assert not any("retention" in statement for statement in bars)
    assert features[-1] == "SELECT add_retention_policy('features', INTERVAL '2 years', if_not_exists => TRUE)"
    assert not any("lz4" in statement for statement in bars + features), "the algorithm is TimescaleDB's choice"


def test_without_the_extension_one_log_line_says_so_and_the_tables_stay_plain(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "qts_core.adapters.db.hypertables"):
        done = upgrade(database.engine, DATABASE)
    assert (done.hypertables, done.has_timescale) == ((), False)
    assert [r.getMessage() for r in caplog.records if r.name.endswith("hypertables")] == [
        "TimescaleDB is not installed in this database: its tables stay plain tables"
    ]


def test_sqlite_and_the_journal_are_not_even_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), open_database("sqlite://") as database, database.write() as connection:
        assert apply_hypertables(connection, DATABASE) == ()
        assert apply_hypertables(connection, JOURNAL) == ()
    assert "TimescaleDB" not in caplog.text


def test_the_calls_parse_and_bind_on_a_server_that_knows_their_signatures(database: Database) -> None:
    """Names and types of the arguments are checked by PostgreSQL itself; ALTER TABLE needs the extension."""
    with database.write() as connection:
        _stand_in(connection)
        for hypertable in HYPERTABLES:
            for statement in hypertable_statements(hypertable):
                if statement.startswith("SELECT"):
                    connection.execute(text(statement))
        calls = list(connection.execute(text("SELECT call FROM calls ORDER BY number")).scalars())
    assert calls == [
        "ohlcv_bars timestamp 7 days",
        "ohlcv_bars compress 7 days",
        "features timestamp 1 day",
        "features compress 7 days",
        "features drop 2 years",
    ]


def test_what_is_a_hypertable_already_is_left_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from qts_core.adapters.db import hypertables

    monkeypatch.setattr(hypertables, "has_timescale", lambda _connection: True)
    with database.write() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS timescaledb_information CASCADE"))
        connection.execute(text("CREATE SCHEMA timescaledb_information"))
        connection.execute(
            text(
                "CREATE VIEW timescaledb_information.hypertables AS SELECT current_schema() AS hypertable_schema, "
                "unnest(ARRAY['ohlcv_bars', 'features'])::name AS hypertable_name, TRUE AS compression_enabled"
            )
        )
        assert apply_hypertables(connection, DATABASE) == ()


def test_the_extension_is_looked_for_in_this_database(database: Database) -> None:
    with database.read() as connection:
        assert has_timescale(connection) is False


def _stand_in(connection: Connection) -> None:
    for statement in STAND_IN.split(";\nCREATE"):
        connection.execute(text(("CREATE" + statement).replace("CREATE\nCREATE", "CREATE").replace(":", r"\:")))
