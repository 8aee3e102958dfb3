"""The base of every settings class: frozen, closed to unknown keys, no infinities (specification 15.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "CLOCK_PATTERN",
    "CONTRADICTION",
    "ClockTime",
    "Day",
    "Dollars",
    "Folder",
    "Fraction",
    "OpenFraction",
    "Port",
    "Section",
]

CONTRADICTION = "contradiction"
"""Type of a validation error whose context holds `sentences`, one per contradiction."""

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A share of one: 0.02 is 2 %."""

OpenFraction = Annotated[float, Field(gt=0, le=1)]
"""A share of one that is not zero."""

Port = Annotated[int, Field(ge=1, le=65535)]

CLOCK_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"
ClockTime = Annotated[str, Field(pattern=CLOCK_PATTERN)]
"""``"HH:MM"``, quoted in YAML so that no reader takes it for a number."""


def _local(given: object) -> object:
    if isinstance(given, str) and "://" in given:
        raise ValueError("a folder of this machine is expected, not an address")
    return given


# YAML has no dates, paths or exact numbers: these three take what it has, everything else is strict.
Day = Annotated[date, Field(strict=False)]
Folder = Annotated[Path, BeforeValidator(_local), Field(strict=False)]
Dollars = Annotated[Decimal, Field(strict=False, decimal_places=2)]


class Section(BaseModel):
    """One mapping of a settings file.

    A subclass documents each field in the string below it; docs/reference/settings.md is made from them.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
    )

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Other spellings of a key, such as the specification's, and the name used here."""
