"""The decision itself: a signed record of exactly this bundle that passed, or that a person overrode."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qts_core.ports.research_store import GateRecord
from qts_core.research.approval.records import OVERRIDE
from qts_core.research.approval.seal import GateSeal, Signature

__all__ = ["Approval", "approve", "is_judged"]

JUDGE = "run `qts train`, or materialise its gates in Dagster"


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether a version may trade, and why."""

    is_allowed: bool
    reason: str


def approve(record: GateRecord | None, bundle_sha256: str, seal: GateSeal) -> Approval:
    """Say whether the bundle `bundle_sha256` may trade, by the newest gate record of its version.

    Parameters
    ----------
    record : GateRecord or None
        The version's newest record, None when there is none.
    bundle_sha256 : str
        Of the bundle that was really downloaded.
    seal : GateSeal
        Of this home.

    Returns
    -------
    Approval
        Refused without a record, with one that is unsigned, changed or signed elsewhere, for another bundle, and when
        a gate refused and nobody overrode it.
    """
    if record is None:
        return Approval(False, f"it was never judged by the gates: {JUDGE}")
    distrust = _distrust(record, seal)
    if distrust:
        return Approval(False, distrust)
    if record.bundle_sha256 != bundle_sha256:
        return Approval(
            False,
            f"the gates judged bundle {record.bundle_sha256[:12]}, but the registry delivers {bundle_sha256[:12]}",
        )
    content = json.loads(record.report)
    if record.passed:
        return Approval(True, _consent(content["gates"], f"{record.created_at:%Y-%m-%d}"))
    refusals = "; ".join(gate["reason"] for gate in content["gates"] if not gate["passed"])
    if OVERRIDE in content:
        return Approval(True, f"promoted against the gates ({refusals}) because: {content[OVERRIDE]['reason']}")
    return Approval(False, f"the gates refuse it: {refusals}")


def is_judged(record: GateRecord | None, bundle_sha256: str, seal: GateSeal) -> bool:
    """Whether `record` is a judgement of that bundle that can be believed, whatever it says."""
    return record is not None and record.bundle_sha256 == bundle_sha256 and not _distrust(record, seal)


def _consent(gates: list[dict[str, object]], day: str) -> str:
    silent = sum(1 for gate in gates if gate.get("applies") is False)
    judged = f"all {len(gates) - silent} gates passed on {day}"
    return f"{judged}, {silent} not applicable" if silent else judged


def _distrust(record: GateRecord, seal: GateSeal) -> str:
    match seal.check(record):
        case Signature.VALID:
            return ""
        case Signature.MISSING:
            return f"its gate record was written before records were signed, and anyone could have written it: {JUDGE}"
        case Signature.BROKEN:
            return "its gate record was changed after it was written"
        case Signature.FOREIGN:
            return (
                f"its gate record was not signed with the key of this home ({seal.key_id}): bring the folder keys or "
                f"QTS_GATE_KEY along with the database, or have it judged again: {JUDGE}"
            )
