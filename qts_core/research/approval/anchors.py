"""Heads of the ledger that are kept outside it: in signed gate records, and in the tags of registered versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from qts_core.ports.registry import RegisteredVersion
from qts_core.ports.research_store import GateRecord
from qts_core.research.approval.records import LEDGER
from qts_core.research.approval.seal import GateSeal, Signature
from qts_core.research.ledger import LedgerHead

__all__ = ["LEDGER_TAG", "anchor_tag", "ledger_anchors"]

LEDGER_TAG: Final = "gate.ledger"
SHAPE: Final = re.compile(r"(\d{1,9}) rows, ([0-9a-f]{64}), key ([0-9a-f]{8})")


def anchor_tag(head: LedgerHead, seal: GateSeal) -> str:
    """Return the text that a registered version carries under :data:`LEDGER_TAG`."""
    return f"{head.rows} rows, {head.record_hash}, key {seal.key_id}"


def ledger_anchors(
    records: Iterable[GateRecord], versions: Iterable[RegisteredVersion], seal: GateSeal
) -> tuple[LedgerHead, ...]:
    """Return every head that the ledger of this home must still reach.

    Parameters
    ----------
    records : iterable of GateRecord
        Those that this home did not sign are left out.
    versions : iterable of RegisteredVersion
        Tags that name another key are of another home that shares the registry, and are left out.
    seal : GateSeal
    """
    heads = [_of_record(record) for record in records if seal.check(record) is Signature.VALID]
    return tuple(head for head in (*heads, *(_of_version(version, seal) for version in versions)) if head is not None)


def _of_record(record: GateRecord) -> LedgerHead | None:
    kept = json.loads(record.report).get(LEDGER)
    if kept is None:
        return None
    return LedgerHead(kept["rows"], kept["head"], f"the gate record of {record.model} version {record.version}")


def _of_version(version: RegisteredVersion, seal: GateSeal) -> LedgerHead | None:
    found = SHAPE.fullmatch(version.tags.get(LEDGER_TAG, ""))
    if found is None or found[3] != seal.key_id:
        return None
    return LedgerHead(int(found[1]), found[2], f"the tag of {version.model} version {version.version}")
