"""May this version trade? The daemon and `qts models promote` ask here, and nowhere else (checklist C-17).

An alias is only a wish: moving `champion` in the MLflow UI is honoured when the database holds an intact gate record
for exactly that bundle which passed, or which a person overrode with a reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from qts_core.market.ids import digest
from qts_core.ports.research_store import GateRecord
from qts_core.research.gates import GateReport

__all__ = ["Approval", "approve", "gate_record", "overridden"]

OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether a version may trade, and why."""

    is_allowed: bool
    reason: str


def gate_record(*, model: str, version: str, bundle_sha256: str, report: GateReport, now: datetime) -> GateRecord:
    """Return the sealed record of a judgement; `now` is aware UTC."""
    return _sealed(
        GateRecord(
            model=model,
            version=version,
            bundle_sha256=bundle_sha256,
            passed=report.passed,
            report=report.to_json(),
            created_at=now,
            record_hash="",
        )
    )


def overridden(record: GateRecord, *, reason: str, now: datetime) -> GateRecord:
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
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return _sealed(replace(record, report=text, created_at=now, record_hash=""))


def approve(record: GateRecord | None, bundle_sha256: str) -> Approval:
    """Say whether the bundle `bundle_sha256` may trade, by the newest gate record of its version.

    Parameters
    ----------
    record : GateRecord or None
        The version's newest record, None when there is none.
    bundle_sha256 : str
        Of the bundle that was really downloaded.

    Returns
    -------
    Approval
        Refused without a record, with a changed record, for another bundle, and when a gate refused and nobody
        overrode it.
    """
    if record is None:
        return Approval(False, "it was never judged by the gates: run `qts train`, or materialise its gates in Dagster")
    if record.record_hash != _hash(record):
        return Approval(False, "its gate record was changed after it was written")
    if record.bundle_sha256 != bundle_sha256:
        return Approval(
            False,
            f"the gates judged bundle {record.bundle_sha256[:12]}, but the registry delivers {bundle_sha256[:12]}",
        )
    content = json.loads(record.report)
    if record.passed:
        return Approval(True, f"all {len(content['gates'])} gates passed on {record.created_at:%Y-%m-%d}")
    refusals = "; ".join(gate["reason"] for gate in content["gates"] if not gate["passed"])
    if OVERRIDE in content:
        return Approval(True, f"promoted against the gates ({refusals}) because: {content[OVERRIDE]['reason']}")
    return Approval(False, f"the gates refuse it: {refusals}")


def _sealed(record: GateRecord) -> GateRecord:
    return replace(record, record_hash=_hash(record))


def _hash(record: GateRecord) -> str:
    return digest(
        {
            "model": record.model,
            "version": record.version,
            "bundle_sha256": record.bundle_sha256,
            "passed": record.passed,
            "report": record.report,
            "created_at": record.created_at.isoformat(),
        }
    )
