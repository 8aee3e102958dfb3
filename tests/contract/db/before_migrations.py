"""The tables as QTS made them before there were migrations, with a few rows; a record of the past, never changed."""

from __future__ import annotations

from sqlalchemy import Engine, text

__all__ = ["make_database_of_before", "make_journal_of_before"]

DATABASE = """
CREATE TABLE trials (sequence INTEGER NOT NULL, trial_id VARCHAR(64) NOT NULL, model VARCHAR(128) NOT NULL,
    payload TEXT NOT NULL, created_at VARCHAR(40) NOT NULL, previous_hash VARCHAR(64) NOT NULL,
    record_hash VARCHAR(64) NOT NULL, PRIMARY KEY (sequence), UNIQUE (record_hash));
CREATE INDEX ix_trials_model ON trials (model);
CREATE INDEX ix_trials_trial_id ON trials (trial_id);
CREATE TABLE gate_records (id {counter} NOT NULL, model VARCHAR(128) NOT NULL, version VARCHAR(32) NOT NULL,
    bundle_sha256 VARCHAR(64) NOT NULL, passed BOOLEAN NOT NULL, report TEXT NOT NULL,
    created_at VARCHAR(40) NOT NULL, record_hash VARCHAR(64) NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_gate_records_model ON gate_records (model);
CREATE INDEX ix_gate_records_bundle_sha256 ON gate_records (bundle_sha256);
CREATE TABLE model_health_reports (id {counter} NOT NULL, model_id VARCHAR(128) NOT NULL, kind VARCHAR(16) NOT NULL,
    value FLOAT NOT NULL, threshold FLOAT NOT NULL, is_breach BOOLEAN NOT NULL, detail TEXT NOT NULL,
    created_at VARCHAR(40) NOT NULL, PRIMARY KEY (id));
INSERT INTO trials VALUES (1, 'trial1', 'm', '{{}}', '2024-11-29T17:00:00.123456+00:00', '0', 'a');
INSERT INTO gate_records (model, version, bundle_sha256, passed, report, created_at, record_hash)
    VALUES ('m', '1', 'b', TRUE, '{{}}', '2024-11-29T17:00:00.123456+00:00', 'h');
INSERT INTO model_health_reports (model_id, kind, value, threshold, is_breach, detail, created_at)
    VALUES ('m', 'drift', 0.30000000000000004, 0.2, TRUE, '{{}}', '2024-11-29T17:00:00.123456+00:00');
"""

JOURNAL = """
CREATE TABLE events (sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, kind VARCHAR(40) NOT NULL,
    handled_at BIGINT NOT NULL, body TEXT NOT NULL, record_hash VARCHAR(64) NOT NULL, PRIMARY KEY (sequence));
CREATE TABLE sends (id {counter} NOT NULL, client_order_id VARCHAR(48) NOT NULL, sent_at BIGINT NOT NULL,
    lease_epoch INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (id));
CREATE INDEX sends_by_order ON sends (client_order_id);
CREATE TABLE orders (client_order_id VARCHAR(128) NOT NULL, symbol VARCHAR(16) NOT NULL, status VARCHAR(24) NOT NULL,
    broker_order_id VARCHAR(64) NOT NULL, filled_quantity VARCHAR(40) NOT NULL, updated_at BIGINT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (client_order_id));
CREATE TABLE executions (execution_id VARCHAR(128) NOT NULL, client_order_id VARCHAR(128) NOT NULL,
    symbol VARCHAR(16) NOT NULL, side VARCHAR(4) NOT NULL, quantity VARCHAR(40) NOT NULL, price VARCHAR(40) NOT NULL,
    commission VARCHAR(40) NOT NULL, ts_event BIGINT NOT NULL, PRIMARY KEY (execution_id));
CREATE INDEX executions_by_order ON executions (client_order_id);
CREATE TABLE epochs (number INTEGER NOT NULL, lease_epoch INTEGER NOT NULL, first_sequence INTEGER NOT NULL,
    started_at BIGINT NOT NULL, account VARCHAR(64) NOT NULL, strategy VARCHAR(32) NOT NULL,
    cash VARCHAR(40) NOT NULL, symbols TEXT NOT NULL, model_path TEXT NOT NULL, model_id VARCHAR(160) NOT NULL,
    hashes TEXT NOT NULL, settings TEXT NOT NULL, snapshot TEXT NOT NULL, PRIMARY KEY (number));
CREATE TABLE lease (epoch INTEGER NOT NULL, owner TEXT NOT NULL, claimed_at BIGINT NOT NULL, PRIMARY KEY (epoch));
CREATE TABLE notes (id {counter} NOT NULL, at BIGINT NOT NULL, kind VARCHAR(40) NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (id));
CREATE TABLE decisions (decision_id VARCHAR(48) NOT NULL, sequence INTEGER NOT NULL, ts_event BIGINT NOT NULL,
    digest VARCHAR(64) NOT NULL, body TEXT NOT NULL, PRIMARY KEY (decision_id),
    FOREIGN KEY(sequence) REFERENCES events (sequence));
CREATE INDEX decisions_by_time ON decisions (ts_event);
CREATE TABLE intents (client_order_id VARCHAR(48) NOT NULL, decision_id VARCHAR(48) NOT NULL,
    sequence INTEGER NOT NULL, symbol VARCHAR(16) NOT NULL, created_at BIGINT NOT NULL, lease_epoch INTEGER NOT NULL,
    reduces_risk INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (client_order_id),
    FOREIGN KEY(sequence) REFERENCES events (sequence));
INSERT INTO lease VALUES (4, 'pid 1', 1732899600123456);
"""

TRIGGERS = [
    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in ("trials", "gate_records")
    for action in ("UPDATE", "DELETE")
]


def make_database_of_before(engine: Engine) -> None:
    """Make trials, gate records and model health as they were, one row each."""
    _run(engine, DATABASE, TRIGGERS if engine.dialect.name == "sqlite" else [])


def make_journal_of_before(engine: Engine) -> None:
    """Make the journal's tables as they were, with one lease."""
    _run(engine, JOURNAL, [])


def _run(engine: Engine, script: str, more: list[str]) -> None:
    counter = "INTEGER" if engine.dialect.name == "sqlite" else "SERIAL"
    statements = [s.strip() for s in script.format(counter=counter).split(";") if s.strip()]
    with engine.begin() as connection:
        for statement in statements + more:
            connection.execute(text(statement.replace(":", r"\:")))
