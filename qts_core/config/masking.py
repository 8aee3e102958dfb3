"""Addresses without what may be secret in them: passwords and queries are masked wherever a setting is shown."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

__all__ = ["MASK", "masked_address"]

MASK = "********"


def masked_address(text: str) -> str:
    """Return `text` with the password and the query of an address masked; what is no address comes back as it is."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        return MASK
    login, _, place = parts.netloc.rpartition("@")
    if password is None and not login and not parts.query and not parts.fragment:
        return text
    # Without a colon before the @ it may be a token alone; a user's name is shown only beside a password.
    shown = f"{parts.username}:{MASK}@" if password is not None else f"{MASK}@" if login else ""
    return urlunsplit((parts.scheme, shown + place, parts.path, MASK if parts.query or parts.fragment else "", ""))
