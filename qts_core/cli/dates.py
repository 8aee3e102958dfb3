"""Days on the command line: one spelling for every command, and the questions that go with a span (bad input B71)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import typer

from qts_core.market.errors import InvalidConfigError, printable

__all__ = ["check_span", "day_argument", "day_option", "parse_day"]

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_day(value: str | date) -> date:
    """Return the day that `value` names; typer calls it with the text of an option.

    Raises
    ------
    typer.BadParameter
        If it is not of the form YYYY-MM-DD or no day of the calendar; typer adds the name of the flag.
    """
    if isinstance(value, date):
        return value
    if ISO_DAY.fullmatch(value) is None:
        raise typer.BadParameter(f"found {printable(value)}, expected a New York date such as 2024-12-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"found {value}, which is no day of the calendar") from None


def day_option(*names: str, help: str) -> Any:
    """Return the option of a day: ``first: Annotated[date | None, day_option("--from", help="First day.")] = None``."""
    return typer.Option(*names, parser=parse_day, metavar="YYYY-MM-DD", help=help)


def day_argument(*, help: str) -> Any:
    """Return the argument of a day."""
    return typer.Argument(parser=parse_day, help=f"{help} YYYY-MM-DD.")


def check_span(
    first: date | None,
    last: date | None,
    *,
    today: date,
    first_name: str = "--from",
    last_name: str = "--to",
) -> None:
    """Refuse a span that ends before it begins, or that reaches into the future.

    Parameters
    ----------
    today : date
        The day it is now, in New York.
    first_name, last_name : str
        The flags, for the message.

    Raises
    ------
    InvalidConfigError
        ``QTS-CLI-001``, exit code 2.
    """
    for name, day in ((first_name, first), (last_name, last)):
        if day is not None and day > today:
            raise InvalidConfigError(
                "QTS-CLI-001", f"{name} lies in the future", found=day.isoformat(), expected=f"{today} or before"
            )
    if first is not None and last is not None and first > last:
        raise InvalidConfigError(
            "QTS-CLI-001", f"{first_name} lies after {last_name}", found=f"{first} and {last}",
            expected="the earlier day first", fix="swap them",
        )  # fmt: skip
