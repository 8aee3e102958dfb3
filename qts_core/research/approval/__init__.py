"""May this version trade? The daemon and `qts models promote` ask here, and nowhere else (checklist C-17).

An alias is only a wish: moving `champion` in the MLflow UI is honoured when the database holds a gate record for
exactly that bundle, signed with the key of this home, which passed, or which a person overrode with a reason.
"""

from __future__ import annotations

from qts_core.research.approval.anchors import LEDGER_TAG, anchor_tag, ledger_anchors
from qts_core.research.approval.decision import Approval, approve, is_judged
from qts_core.research.approval.records import gate_record, overridden
from qts_core.research.approval.seal import GateSeal, Signature

__all__ = [
    "LEDGER_TAG",
    "Approval",
    "GateSeal",
    "Signature",
    "anchor_tag",
    "approve",
    "gate_record",
    "is_judged",
    "ledger_anchors",
    "overridden",
]
