"""Who may use the exchange: the configured key pair, or any pair when none is configured (protocol, 1.2)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Credentials"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair; empty accepts any pair that is not."""

    key: str = ""
    secret: str = ""

    def accepts(self, key: object, secret: object) -> bool:
        """Whether the pair may enter."""
        if not isinstance(key, str) or not isinstance(secret, str) or not key or not secret:
            return False
        if not self.key:
            return True
        is_key = hmac.compare_digest(key.encode(), self.key.encode())
        return hmac.compare_digest(secret.encode(), self.secret.encode()) and is_key

    def of_headers(self, headers: Mapping[str, str]) -> str | None:
        """Return the key of a request's headers (lower-case names), or None when they open nothing."""
        key, secret = headers.get("apca-api-key-id", ""), headers.get("apca-api-secret-key", "")
        kind, _, token = headers.get("authorization", "").partition(" ")
        if not key and kind.lower() == "basic":
            key, secret = _basic(token)
        elif not key and kind.lower() == "bearer" and token and not self.key:
            return token
        return key if self.accepts(key, secret) else None


def _basic(token: str) -> tuple[str, str]:
    try:
        key, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret
