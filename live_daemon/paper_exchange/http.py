"""HTTP as Alpaca speaks it: error bodies, credentials, rate-limit headers and query values (protocol, section 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from qts_core.exchange import Refused
from qts_core.market.time import NEW_YORK

__all__ = ["ApiError", "Query", "json_object", "number_field", "parse_moment", "text_field"]

MALFORMED = 40010001
BAD_REQUEST = 40010000
TRUE_WORDS = frozenset({"true", "1", "t"})
FALSE_WORDS = frozenset({"false", "0", "f", ""})
LARGEST_EXPONENT = 15
BODY_LIMIT = 1_000_000


class ApiError(Exception):
    """A reply other than success, in Alpaca's envelope."""

    def __init__(self, status: int, message: str, code: int | None = None, **extras: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"message": message, **extras}
        if code is not None:
            self.body = {"code": code, **self.body}

    @classmethod
    def of(cls, refused: Refused) -> ApiError:
        """Return the reply to a refusal of the exchange."""
        return cls(refused.http_status, refused.message, refused.code, **refused.extras)


class Query:
    """Typed reading of a query string; a wrong value is answered with 422 (400 on the data API)."""

    def __init__(self, params: QueryParams, *, status: int = 422) -> None:
        self._params = params
        self._status = status

    def text(self, name: str, default: str = "") -> str:
        """Return a value, or `default` when it is absent or empty."""
        return self._params.get(name) or default

    def list(self, name: str) -> tuple[str, ...]:
        """Return the parts of a comma-separated value."""
        return tuple(part.strip() for part in self._params.get(name, "").split(",") if part.strip())

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise self._wrong(name)
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean written true, True or 1."""
        value = self._params.get(name, "").lower()
        if value not in TRUE_WORDS | FALSE_WORDS:
            raise self._wrong(name)
        return value in TRUE_WORDS

    def integer(self, name: str, default: int, low: int, high: int, message: str = "") -> int:
        """Return a whole number from `low` to `high`."""
        text = self._params.get(name)
        if not text:
            return default
        if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 12:
            raise self._wrong(name)
        if not low <= int(text) <= high:
            raise ApiError(self._status, message, MALFORMED) if message else self._wrong(name)
        return int(text)

    def decimal(self, name: str) -> Decimal | None:
        """Return a positive decimal number, None when absent."""
        text = self._params.get(name)
        if text is None or text == "":
            return None
        value = to_decimal(text)
        if value is None or value <= 0:
            raise self._wrong(name)
        return value

    def moment(self, name: str, *, is_end: bool = False) -> datetime | None:
        """Return a time, RFC 3339 or a date; a date stands for its first (or last) instant in New York."""
        text = self._params.get(name)
        if not text:
            return None
        value = parse_moment(text, is_end=is_end)
        if value is None:
            raise self._wrong(name)
        return value

    def day(self, name: str) -> date | None:
        """Return a date, None when absent."""
        text = self._params.get(name)
        if not text:
            return None
        value = parse_moment(text)
        if value is None:
            raise self._wrong(name)
        return date.fromisoformat(text) if len(text) == 10 else value.astimezone(NEW_YORK).date()

    def _wrong(self, name: str) -> ApiError:
        return ApiError(self._status, f"invalid {name}: {self._params.get(name, '')[:100]}", MALFORMED)


def parse_moment(text: str, *, is_end: bool = False) -> datetime | None:
    """Return an aware UTC time, or None when `text` is neither RFC 3339 nor a date. Nanoseconds are cut."""
    # A plus sign that was not escaped in a query arrives as a space.
    text = text.strip().replace(" ", "+" if "T" in text else "T")
    try:
        if len(text) == 10:
            edge = time.max if is_end else time.min
            return datetime.combine(date.fromisoformat(text), edge, NEW_YORK).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        # A time without an offset is taken as UTC.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def json_object(request: Request) -> dict[str, Any]:
    """Return the body as an object whose numbers are exact.

    Raises
    ------
    ApiError
        400 if it is no JSON object, 413 if it is longer than a megabyte.
    """
    body = await request.body()
    if len(body) > BODY_LIMIT:
        raise ApiError(413, "request body is too large", 41310000)
    try:
        value = json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, InvalidOperation):
        raise ApiError(400, "request body format is invalid", BAD_REQUEST) from None
    if not isinstance(value, dict):
        raise ApiError(400, "request body format is invalid", BAD_REQUEST)
    return value


def text_field(body: Mapping[str, object], name: str) -> str:
    """Return a text field, empty when absent or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ApiError(422, f"invalid {name}", MALFORMED)
    return value


def number_field(body: Mapping[str, object], name: str, shown: str = "") -> Decimal | None:
    """Return a decimal given as text or number, None when absent or null."""
    value = body.get(name)
    if value is None or value == "":
        return None
    number = to_decimal(value) if isinstance(value, (str, Decimal)) else None
    if number is None:
        raise ApiError(422, f"invalid {shown or name}", MALFORMED)
    return number


def to_decimal(value: str | Decimal) -> Decimal | None:
    """Return a finite decimal of sane magnitude, or None."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or (number and abs(number.adjusted()) > LARGEST_EXPONENT):
        return None
    return number


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
