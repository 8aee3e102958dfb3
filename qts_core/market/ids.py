"""Deterministic identifiers: the same slot always has the same id, so a retry collides instead of trading twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5

from qts_core.market.time import to_micros

__all__ = ["CLIENT_ORDER_ID_LIMIT", "client_order_id", "decision_id", "digest", "stable_id", "stable_uuid"]

CLIENT_ORDER_ID_LIMIT = 48
NAMESPACE = UUID("6f1c7a52-8f3d-5d0b-9a55-2f0f6f3b7c11")
NAMESPACE_BYTES = NAMESPACE.bytes
VARIANT = {f"{digit:x}": f"{digit & 0x3 | 0x8:x}" for digit in range(16)}
"""The hexadecimal digit that tells the variant, beside the 5 of the version (RFC 9562, section 5.5)."""
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def stable_uuid(*parts: str) -> UUID:
    """Return the UUID that `parts` always give."""
    return uuid5(NAMESPACE, "\x1f".join(parts))


def stable_id(*parts: str) -> str:
    """Return ``str(stable_uuid(*parts))``, at a fifth of its cost: every simulated order and fill has one."""
    text = hashlib.sha1(NAMESPACE_BYTES + "\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def digest(content: Mapping[str, object] | str | bytes) -> str:
    """Return the sha256 of `content`; mappings count as canonical JSON."""
    if isinstance(content, str):
        return hashlib.sha256(content.encode()).hexdigest()
    if not isinstance(content, bytes):
        content = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str).encode()
    return hashlib.sha256(content).hexdigest()


def decision_id(account: str, strategy: str, ts_event: datetime) -> str:
    """Return the id of the decision slot (account, strategy, bar): ``20261120T143000-<8 hex>``."""
    slot = digest(f"{account}\x1f{strategy}\x1f{to_micros(ts_event)}")[:8]
    return f"{ts_event.isoformat()[:19].replace('-', '').replace(':', '')}-{slot}"


def client_order_id(
    *,
    account: str,
    strategy: str,
    symbol: str,
    ts_event: datetime,
    purpose: str,
    leg: int = 0,
    attempt: int = 0,
) -> str:
    """Return the client order id of a decision slot; never depends on the model or on the order's content.

    Parameters
    ----------
    purpose : str
        One lower-case letter or short word, such as ``"r"`` (rebalance) or ``"x"`` (exit).
    leg, attempt : int
        Legs of one order and deliberate re-entries within one slot.

    Returns
    -------
    str
        ``q-<bar in base 36>-<symbol>-<purpose><leg>.<attempt>-<12 hex>``, at most 48 characters.
    """
    minute = to_micros(ts_event) // 60_000_000
    slot = digest(f"{account}\x1f{strategy}\x1f{symbol}\x1f{minute}\x1f{purpose}\x1f{leg}\x1f{attempt}")[:12]
    text = f"q-{_base36(minute)}-{symbol}-{purpose}{leg}.{attempt}-{slot}"
    if len(text) > CLIENT_ORDER_ID_LIMIT:
        raise ValueError(f"client order id {text} is longer than {CLIENT_ORDER_ID_LIMIT} characters")
    return text


@lru_cache(maxsize=8)
def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = BASE36[rest] + digits
    return digits or "0"
