"""Instruments: what may be traded and when it belongs to the universe, and the one spelling of symbols (B48 to B57)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Self

__all__ = ["Instrument", "canonical_symbol", "is_symbol"]

SYMBOL = re.compile(r"[A-Z]{1,5}(?:\.[A-Z]{1,2})?", re.ASCII)
CLASS_SHARE = re.compile(r"([A-Z]{1,5})[-/ ]([A-Z]{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A US equity or ETF.

    Attributes
    ----------
    symbol, sector, industry : str
    is_tradable : bool
        Whether orders may be sent at all; false for what is banned or auxiliary.
    is_shortable, is_fractionable : bool
    member_from, member_to : date, optional
        First and last trading day in the universe, both included; None = since ever, for ever.
    role : str
        What an auxiliary symbol stands for, such as ``market``; empty for a symbol of the universe. An auxiliary
        symbol is read by features and nothing else: it is never a member.
    """

    symbol: str
    sector: str = "Other"
    industry: str = ""
    is_tradable: bool = True
    is_shortable: bool = True
    is_fractionable: bool = True
    member_from: date | None = None
    member_to: date | None = None
    role: str = ""

    @property
    def is_auxiliary(self) -> bool:
        """Whether the symbol is for features only."""
        return bool(self.role)

    @property
    def is_always_member(self) -> bool:
        """Whether no day is outside its membership."""
        return not self.role and self.member_from is None and self.member_to is None

    def is_member(self, day: date) -> bool:
        """Return whether the symbol belongs to the universe on a trading day (New York)."""
        if self.role:
            return False
        is_in = self.member_from is None or self.member_from <= day
        return is_in and (self.member_to is None or day <= self.member_to)

    def to_json(self) -> dict[str, object]:
        """Return JSON values; dates in ISO form."""
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """Read what :meth:`to_json` wrote, or wrote before instruments had dates."""
        known = dict(values)
        for name in ("member_from", "member_to"):
            if known.get(name) is not None:
                known[name] = date.fromisoformat(str(known[name]))
        return cls(**known)  # type: ignore[arg-type]  # JSON has no types; the dataclass's own writer made these


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
