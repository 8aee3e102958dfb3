"""Instruments and the one spelling of their symbols (bad inputs B48 to B57)."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Instrument", "canonical_symbol", "is_symbol"]

SYMBOL = re.compile(r"[A-Z]{1,5}(?:\.[A-Z]{1,2})?", re.ASCII)
CLASS_SHARE = re.compile(r"([A-Z]{1,5})[-/ ]([A-Z]{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tradable US equity or ETF."""

    symbol: str
    sector: str = "Other"
    industry: str = ""
    is_tradable: bool = True
    is_shortable: bool = True
    is_fractionable: bool = True


def is_symbol(text: str) -> bool:
    """Return whether `text` is a symbol in its canonical form, such as ``BRK.B``."""
    return SYMBOL.fullmatch(text) is not None


def canonical_symbol(text: str) -> str | None:
    """Return the canonical form of `text`, or None when it is no symbol.

    Trims, upper-cases and writes class shares with a dot: ``" brk-b "`` becomes ``"BRK.B"``.
    """
    trimmed = text.strip(" \t")
    if not trimmed.isascii():
        return None
    upper = trimmed.upper()
    upper = CLASS_SHARE.sub(r"\1.\2", upper) if CLASS_SHARE.fullmatch(upper) else upper
    return upper if is_symbol(upper) else None
