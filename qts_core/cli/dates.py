"""Days on the command line: one spelling for every command, and the questions that go with a span (bad input B71)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import typer

from qts_core.market.errors import InvalidConfigError, printable
from qts_core.market.time import NEW_YORK

__all__ = ["check_span", "day_argument", "day_option", "moment_option", "parse_day", "parse_moment"]

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


def parse_moment(value: str | datetime) -> datetime:
    """Return the moment that `value` names; of a day alone its end in New York: what was known when it was over.

    Raises
    ------
    typer.BadParameter
        If it is neither a day nor an ISO time with its zone.
    """
    if isinstance(value, datetime):
        return value
    if ISO_DAY.fullmatch(value) is not None:
        return datetime.combine(parse_day(value) + timedelta(days=1), time(), NEW_YORK).astimezone(UTC)
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(value)
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            f"found {printable(value)}, expected a day such as 2024-06-28, or a time with its zone such as "
            "2024-06-28T20:00:00Z"
        )
    return moment.astimezone(UTC)


def moment_option(*names: str, help: str) -> Any:
    """Return the option of a moment: a day, or an ISO time with its zone."""
    return typer.Option(*names, parser=parse_moment, metavar="YYYY-MM-DD[THH:MM:SSZ]", help=help)


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
