"""Triggers that keep what was recorded from being changed, on every database (specification 7.3; checklist C-12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, event, text

__all__ = ["append_only_statements", "keep_append_only"]

POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION qts_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
    "END $$"
)


def append_only_statements(table: str, dialect: str) -> tuple[str, ...]:
    """Return the statements that make `table` append-only; running them again changes nothing.

    Parameters
    ----------
    table : str
        A name that is an identifier.
    dialect : str
        ``"sqlite"`` or ``"postgresql"``.
    """
    if dialect == "postgresql":
        trigger = (
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION qts_append_only()"
        )
        return (POSTGRES_FUNCTION, trigger)
    return tuple(
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for action in ("UPDATE", "DELETE")
    )


def keep_append_only(*tables: Table) -> None:
    """Have `tables` made append-only whenever they are created."""
    for table in tables:
        event.listen(table, "after_create", _after_create)


def _after_create(table: Table, connection: Connection, **_: Any) -> None:  # SQLAlchemy passes more than we use
    for statement in append_only_statements(table.name, connection.dialect.name):
        connection.execute(text(statement))
