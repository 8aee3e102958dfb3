"""Proofs of features on any bars: causal, reproducible, true to what they declare (specification 6; checklist X-29)."""

from qts_core.features.audit.audit import PROOFS, FeatureAudit, Measures, Proof, Verdict, audit_features
from qts_core.features.audit.evidence import Fault, failing
from qts_core.features.audit.subject import Promise, Subject, subject_of

__all__ = [
    "PROOFS",
    "Fault",
    "FeatureAudit",
    "Measures",
    "Promise",
    "Proof",
    "Subject",
    "Verdict",
    "audit_features",
    "failing",
    "subject_of",
]
