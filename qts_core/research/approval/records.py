"""Signed gate records: of a judgement, and of a person who overrode it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from qts_core.ports.research_store import GateRecord
from qts_core.research.approval.seal import GateSeal
from qts_core.research.gates import GateReport
from qts_core.research.ledger import LedgerHead

__all__ = ["LEDGER", "OVERRIDE", "gate_record", "overridden"]

OVERRIDE, LEDGER = "override", "ledger"


def gate_record(
    *, model: str, version: str, bundle_sha256: str, report: GateReport, now: datetime, seal: GateSeal,
    head: LedgerHead | None = None,
) -> GateRecord:  # fmt: skip
    """Return the signed record of a judgement.

    Parameters
    ----------
    model, version, bundle_sha256 : str
        What was judged.
    report : GateReport
    now : datetime
        Aware UTC.
    seal : GateSeal
    head : LedgerHead, optional
        How far the ledger reached: later its tail cannot be cut off unseen.
    """
    content = json.loads(report.to_json())
    if head is not None:
        content[LEDGER] = {"rows": head.rows, "head": head.record_hash}
    return _signed(
        GateRecord(
            model=model,
            version=version,
            bundle_sha256=bundle_sha256,
            passed=report.passed,
            report=_canonical(content),
            created_at=now,
            record_hash="",
        ),
        seal,
    )


def overridden(record: GateRecord, *, reason: str, now: datetime, seal: GateSeal) -> GateRecord:
    """Return a new record of the same judgement that a person overrode; the verdict itself stays.

    Raises
    ------
    ValueError
        If no reason is given.
    """
    if not reason.strip():
        raise ValueError("an override needs a reason")
    content = json.loads(record.report)
    content[OVERRIDE] = {"reason": reason.strip(), "at": now.isoformat()}
    return _signed(replace(record, report=_canonical(content), created_at=now), seal)


def _signed(record: GateRecord, seal: GateSeal) -> GateRecord:
    return replace(record, record_hash=seal.sign(record))


def _canonical(content: dict[str, object]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
