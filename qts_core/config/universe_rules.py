"""What contradicts itself in a universe: every rule looks at the whole list and all findings are told at once (B57)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Final, Protocol

__all__ = ["ROLES", "SECTORS", "SECTOR_ROLE", "universe_contradictions"]

SECTOR_ROLE: Final = "sector:"
"""Beginning of the role of a sector's fund; the name of the sector follows."""

ROLES: Final[Mapping[str, str]] = {
    "market": "the whole market",
    "growth": "large growth and technology companies",
    "small_cap": "small companies",
    "rates": "long government bonds, the mirror of interest rates",
    "dollar": "the US dollar against other currencies",
    "gold": "gold",
    "bonds": "all investment-grade bonds",
    "cash": "treasury bills",
    "volatility": "expected volatility, by futures",
}
"""What an auxiliary symbol may stand for, beside ``sector:<name>``."""

SECTORS: Final = (
    "Communication", "Consumer", "Energy", "Financials", "Healthcare", "Industrials", "Materials", "Other",
    "Real Estate", "Technology", "Utilities",
)  # fmt: skip
"""Sectors that may be named although no symbol is in them."""


class _Listed(Protocol):
    @property
    def symbol(self) -> str: ...
    @property
    def tradeable(self) -> bool: ...


class _Member(_Listed, Protocol):
    @property
    def sector(self) -> str: ...
    @property
    def from_date(self) -> date | None: ...
    @property
    def to_date(self) -> date | None: ...


class _Auxiliary(_Listed, Protocol):
    @property
    def role(self) -> str: ...


class _Blacklist(Protocol):
    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def reasons(self) -> Mapping[str, str]: ...


class _Universe(Protocol):
    @property
    def symbols(self) -> Sequence[_Member]: ...
    @property
    def auxiliary(self) -> Sequence[_Auxiliary]: ...
    @property
    def other_sectors(self) -> Mapping[str, str]: ...
    @property
    def sector_limits(self) -> Mapping[str, float]: ...
    @property
    def blacklist(self) -> _Blacklist: ...


def universe_contradictions(universe: _Universe) -> list[str]:
    """Return one sentence per contradiction, with the place of each entry in its list."""
    return [sentence for rule in RULES for sentence in rule(universe)]


def _one_place_each(universe: _Universe) -> Iterator[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for place, member in enumerate(universe.symbols):
        places[member.symbol].append(f"symbols[{place}] ({member.sector})")
    for place, entry in enumerate(universe.auxiliary):
        places[entry.symbol].append(f"auxiliary[{place}] ({entry.role})")
    for symbol, sector in universe.other_sectors.items():
        places[symbol].append(f"other_sectors ({sector})")
    for symbol, found in places.items():
        if len(found) > 1:
            yield f"{symbol} is listed {_times(len(found))}: {' and '.join(found)}"
    banned = universe.blacklist.symbols
    yield from (f"{symbol} is listed twice in blacklist.symbols" for symbol in sorted(_repeated(banned)))


def _spans(universe: _Universe) -> Iterator[str]:
    for place, member in enumerate(universe.symbols):
        first, last = member.from_date, member.to_date
        if first is not None and last is not None and first > last:
            yield f"symbols[{place}] {member.symbol} is a member from {first} to {last}, which lies before"


def _auxiliaries(universe: _Universe) -> Iterator[str]:
    sectors = _sectors(universe)
    for place, entry in enumerate(universe.auxiliary):
        where = f"auxiliary[{place}] {entry.symbol}"
        if entry.tradeable:
            yield f"{where} is tradeable, but these are for features only; list what is traded under symbols"
        if entry.role.startswith(SECTOR_ROLE):
            name = entry.role.removeprefix(SECTOR_ROLE)
            if name not in sectors:
                yield f"{where} stands for the unknown sector {name!r}{_nearest(name, sectors)}"
        elif entry.role not in ROLES:
            known = [*ROLES, f"{SECTOR_ROLE}<name>"]
            yield f"{where} has the unknown role {entry.role!r}, expected one of {', '.join(known)}"


def _limits(universe: _Universe) -> Iterator[str]:
    sectors = _sectors(universe)
    for name in universe.sector_limits:
        if name not in sectors:
            yield f"sector_limits names the sector {name!r}, of which there is no symbol{_nearest(name, sectors)}"


def _reasons(universe: _Universe) -> Iterator[str]:
    for symbol in sorted(set(universe.blacklist.reasons) - set(universe.blacklist.symbols)):
        yield f"blacklist.reasons names {symbol} but blacklist.symbols does not"


def _sectors(universe: _Universe) -> set[str]:
    return {*SECTORS, *(member.sector for member in universe.symbols), *universe.other_sectors.values()}


def _repeated(names: Sequence[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _nearest(word: str, known: set[str]) -> str:
    found = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


RULES: Final = (_one_place_each, _spans, _auxiliaries, _limits, _reasons)
