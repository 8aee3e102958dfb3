"""Repositories of the research records over any SQLAlchemy engine (specification 7.3, 13.2, 14.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, func, insert, select

from qts_core.adapters.db.engine import lock_table, reader, writer
from qts_core.adapters.db.research_tables import gate_records, model_health_reports, trials
from qts_core.ports.research_store import GateRecord, ModelHealthReport, TrialRecord

__all__ = ["SqlGateRecords", "SqlHealthReports", "SqlTrials"]

# A row of a table; SQLAlchemy's Core tables carry no column types.
AnyRow = Row[Any]
AnySelect = Select[Any]


class SqlTrials:
    """The chain of trials; implements `ports.research_store.TrialStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, link: Callable[[TrialRecord | None], TrialRecord]) -> TrialRecord:
        """Call `link` with the last record and store what it returns, in one transaction.

        Notes
        -----
        The table is locked for writing from the start, so two processes cannot both continue the same record.
        """
        newest = select(trials).order_by(trials.c.sequence.desc()).limit(1)
        with writer(self._engine) as connection:
            lock_table(connection, trials)
            row = connection.execute(newest).first()
            record = link(_trial(row) if row else None)
            connection.execute(insert(trials).values(_values(record)))
        return record

    def last(self) -> TrialRecord | None:
        """Return the last record, or None while there is none."""
        found = self._read(select(trials).order_by(trials.c.sequence.desc()).limit(1))
        return found[0] if found else None

    def all(self, model: str | None = None) -> tuple[TrialRecord, ...]:
        """Return every record in the order of the chain, of one model or of all."""
        query = select(trials).order_by(trials.c.sequence)
        return self._read(query if model is None else query.where(trials.c.model == model))

    def count(self, model: str | None = None) -> int:
        """Return how many records there are, of one model or of all."""
        query = select(func.count()).select_from(trials)
        with reader(self._engine) as connection:
            chosen = query if model is None else query.where(trials.c.model == model)
            return int(connection.execute(chosen).scalar_one())

    def _read(self, query: AnySelect) -> tuple[TrialRecord, ...]:
        with reader(self._engine) as connection:
            return tuple(_trial(row) for row in connection.execute(query).all())


class SqlGateRecords:
    """What the gates said; implements `ports.research_store.GateStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, record: GateRecord) -> None:
        """Store `record`."""
        with writer(self._engine) as connection:
            connection.execute(insert(gate_records).values(_values(record)))

    def latest(self, model: str, version: str) -> GateRecord | None:
        """Return the newest record of a version, or None."""
        return self._newest(
            select(gate_records).where(gate_records.c.model == model, gate_records.c.version == version)
        )

    def by_bundle(self, bundle_sha256: str) -> GateRecord | None:
        """Return the newest record of a bundle, or None."""
        return self._newest(select(gate_records).where(gate_records.c.bundle_sha256 == bundle_sha256))

    def all(self, model: str | None = None) -> tuple[GateRecord, ...]:
        """Return every record, oldest first, of one model or of all."""
        query = select(gate_records).order_by(gate_records.c.id)
        with reader(self._engine) as connection:
            found = connection.execute(query if model is None else query.where(gate_records.c.model == model)).all()
        return tuple(_gate_record(row) for row in found)

    def _newest(self, query: AnySelect) -> GateRecord | None:
        with reader(self._engine) as connection:
            row = connection.execute(query.order_by(gate_records.c.id.desc()).limit(1)).first()
        return _gate_record(row) if row else None


class SqlHealthReports:
    """What the daemon says of its models; implements `ports.research_store.HealthStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, report: ModelHealthReport) -> int:
        """Store `report` and return its id, which grows."""
        with writer(self._engine) as connection:
            stored = connection.execute(insert(model_health_reports).values(_values(report)))
        key = stored.inserted_primary_key
        assert key is not None, "the database gave the row no key"
        return int(key[0])

    def after(self, report_id: int, *, breaches_only: bool = True) -> tuple[tuple[int, ModelHealthReport], ...]:
        """Return the reports with an id above `report_id`, oldest first."""
        table = model_health_reports
        query = select(table).where(table.c.id > report_id).order_by(table.c.id)
        with reader(self._engine) as connection:
            found = connection.execute(query.where(table.c.is_breach) if breaches_only else query).all()
        return tuple((int(row.id), _health(row)) for row in found)


def _values(record: TrialRecord | GateRecord | ModelHealthReport) -> dict[str, object]:
    values = {name: getattr(record, name) for name in record.__slots__}
    return values | {"created_at": record.created_at.isoformat()}


def _fields(row: AnyRow, kind: type[TrialRecord | GateRecord | ModelHealthReport]) -> dict[str, Any]:
    values = {name: row._mapping[name] for name in kind.__slots__}
    return values | {"created_at": datetime.fromisoformat(values["created_at"])}


def _trial(row: AnyRow) -> TrialRecord:
    return TrialRecord(**_fields(row, TrialRecord))


def _gate_record(row: AnyRow) -> GateRecord:
    return GateRecord(**_fields(row, GateRecord))


def _health(row: AnyRow) -> ModelHealthReport:
    return ModelHealthReport(**_fields(row, ModelHealthReport))
