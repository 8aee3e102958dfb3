"""The signature of gate records: HMAC-SHA256 with a key that is not in the database (checklist C-17).

It shows that a record was written by a process that had this home's key. Whoever can only write the database or the
registry cannot make a record that passes. Whoever can read the key, or run code as its owner, can.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import StrEnum

from qts_core.market.ids import digest
from qts_core.ports.research_store import GateRecord

__all__ = ["FEWEST_BYTES", "GateSeal", "Signature"]

FEWEST_BYTES = 16
KEY_DIGITS, TAG_DIGITS = 8, 56


class Signature(StrEnum):
    """What the signature of a record says of it."""

    VALID = "valid"
    MISSING = "missing"
    """It carries the plain hash of the time before records were signed; anyone can compute that."""
    FOREIGN = "foreign"
    """It was signed with another key, or with none."""
    BROKEN = "broken"
    """It names this key, and does not fit."""


class GateSeal:
    """Signs gate records and checks them.

    Parameters
    ----------
    key : bytes
        At least 16, secret.

    Attributes
    ----------
    key_id : str
        Eight digits that name the key without giving it away.

    Raises
    ------
    ValueError
        If `key` is too short.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < FEWEST_BYTES:
            raise ValueError(f"a gate key has at least {FEWEST_BYTES} bytes, not {len(key)}")
        self._key = key
        self.key_id = hashlib.sha256(b"qts gate key\x1f" + key).hexdigest()[:KEY_DIGITS]

    def __repr__(self) -> str:
        return f"GateSeal({self.key_id})"

    def sign(self, record: GateRecord) -> str:
        """Return the signature of everything else in `record`: the key's name, then 224 bits of HMAC-SHA256."""
        content = json.dumps(_content(record), sort_keys=True, separators=(",", ":"), allow_nan=False)
        code = hmac.new(self._key, b"qts gate record\x1f" + content.encode(), hashlib.sha256).hexdigest()
        return self.key_id + code[:TAG_DIGITS]

    def check(self, record: GateRecord) -> Signature:
        """Say what the signature of `record` is worth."""
        if hmac.compare_digest(record.record_hash.encode(), self.sign(record).encode()):
            return Signature.VALID
        if record.record_hash == digest(_content(record)):
            return Signature.MISSING
        return Signature.BROKEN if record.record_hash.startswith(self.key_id) else Signature.FOREIGN


def _content(record: GateRecord) -> dict[str, object]:
    return {
        "model": record.model,
        "version": record.version,
        "bundle_sha256": record.bundle_sha256,
        "passed": record.passed,
        "report": record.report,
        "created_at": record.created_at.isoformat(),
    }
