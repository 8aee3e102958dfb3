"""Which prints set which part of a bar, by their sale conditions (specification 5.2).

The two tapes publish for every condition whether a print updates the consolidated high and low, the last price and the
volume. "Conditional" stands for the specifications' notes: the print sets the last price only when no other one may.

References
----------
CTA Plan, Consolidated Tape System, Pillar Output Specification, sale conditions and their processing (tapes A and B;
page 64 of the edition that Alpaca follows); UTP Plan, UTP Trade Data Feed Specification, sale condition matrix (tape C;
page 43). Both matrices are made for the day's statistics. Where a print corrects a price long after the fact (condition
9), it is left out of bars within the day, as Alpaca does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

__all__ = ["CTA", "NOTHING", "REGULAR", "UTP", "Effect", "Last", "effect_of", "is_known"]


class Last(IntEnum):
    """Whether a print may be a bar's open or close."""

    NO = 0
    CONDITIONAL = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Effect:
    """What a print sets: open and close, high and low, volume (with it the trade count)."""

    last: Last
    is_range: bool
    is_volume: bool

    def joined(self, other: Effect) -> Effect:
        """Return what a print with both conditions sets: the stricter word wins."""
        return Effect(min(self.last, other.last), self.is_range and other.is_range, self.is_volume and other.is_volume)


REGULAR: Final = Effect(Last.YES, is_range=True, is_volume=True)
OUT_OF_LINE: Final = Effect(Last.CONDITIONAL, is_range=True, is_volume=True)
RANGE_ONLY: Final = Effect(Last.NO, is_range=True, is_volume=True)
VOLUME_ONLY: Final = Effect(Last.NO, is_range=False, is_volume=True)
NOTHING: Final = Effect(Last.NO, is_range=False, is_volume=False)

_BOTH: Final = {
    **dict.fromkeys(("", " ", "@"), REGULAR),
    "F": REGULAR,  # intermarket sweep
    "K": REGULAR,  # rule 127 (NYSE), rule 155 (American)
    "O": REGULAR,  # opening print
    "X": REGULAR,  # cross
    "5": REGULAR,  # reopening print
    "6": REGULAR,  # closing print
    "L": OUT_OF_LINE,  # sold last: reported late, in sequence
    "P": OUT_OF_LINE,  # prior reference price
    "Z": OUT_OF_LINE,  # sold out of sequence
    "4": OUT_OF_LINE,  # derivatively priced
    "C": VOLUME_ONLY,  # cash settlement
    "H": VOLUME_ONLY,  # price variation
    "I": VOLUME_ONLY,  # odd lot
    "N": VOLUME_ONLY,  # next-day settlement
    "T": VOLUME_ONLY,  # extended hours
    "U": VOLUME_ONLY,  # extended hours, out of sequence
    "V": VOLUME_ONLY,  # contingent
    "7": VOLUME_ONLY,  # qualified contingent
    "M": NOTHING,  # official close
    "Q": NOTHING,  # official open
    "9": NOTHING,  # corrected consolidated close
}

CTA: Final[Mapping[str, Effect]] = MappingProxyType(
    {
        **_BOTH,
        "B": VOLUME_ONLY,  # average price
        "E": REGULAR,  # automatic execution
        "R": VOLUME_ONLY,  # seller's option
    }
)
"""Tapes A and B."""

UTP: Final[Mapping[str, Effect]] = MappingProxyType(
    {
        **_BOTH,
        "A": REGULAR,  # acquisition
        "B": REGULAR,  # bunched
        "D": REGULAR,  # distribution
        "G": OUT_OF_LINE,  # bunched, sold
        "R": RANGE_ONLY,  # seller's option
        "S": REGULAR,  # split trade
        "W": VOLUME_ONLY,  # average price
        "Y": REGULAR,  # yellow flag
        "1": REGULAR,  # stopped stock
        "2": OUT_OF_LINE,  # stopped stock, sold out of sequence
        "3": OUT_OF_LINE,  # stopped stock, sold last
    }
)
"""Tape C."""


def effect_of(conditions: Iterable[str], tape: str) -> Effect:
    """Return what a print sets.

    Parameters
    ----------
    conditions : iterable of str
        The print's sale conditions, one character each; none is a regular sale. An unknown one counts for volume
        alone.
    tape : str
        ``A``, ``B`` or ``C``: the same letter means different things on different tapes (``B`` is an average price on
        A and B, a bunched trade on C).
    """
    table = UTP if tape == "C" else CTA
    effect = REGULAR
    for condition in conditions:
        effect = effect.joined(table.get(condition, VOLUME_ONLY))
    return effect


def is_known(condition: str, tape: str) -> bool:
    """Return whether the table of `tape` has a word on `condition`."""
    return condition in (UTP if tape == "C" else CTA)
