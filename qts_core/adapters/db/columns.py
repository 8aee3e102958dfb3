"""Column types that hold the same value on every database: exact decimals and instants (specification 14.2; X-26)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

from sqlalchemy import BigInteger, Dialect, Numeric, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

from qts_core.market.errors import DataValidationError
from qts_core.market.time import from_micros, to_micros

__all__ = ["ExactDecimal", "Instant"]

MOST_DIGITS = 18
"""What a signed integer of 64 bits always holds."""


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that is never rounded in silence: NUMERIC on PostgreSQL, a whole number of its last places on SQLite.

    SQLite has no decimals, only binary floats; there 187.25 with 8 decimals is stored as 18725000000, which is exact
    and sorts like the number.

    Parameters
    ----------
    digits, decimals : int
        All digits, at most 18, and those behind the point.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, decimals: int) -> None:
        if not 0 <= decimals <= digits <= MOST_DIGITS:
            raise ValueError(f"at most {MOST_DIGITS} digits")
        super().__init__(digits, decimals)
        self.digits = digits
        self.decimals = decimals

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal] | TypeEngine[int]:
        """Return the type that the database knows."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.digits, self.decimals))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        """Return what is stored.

        Raises
        ------
        DataValidationError
            If `value` is not finite or has more places than the column.
        """
        if value is None:
            return None
        with localcontext(prec=100):
            scaled = value.scaleb(self.decimals) if value.is_finite() else None
            if scaled is None or scaled != scaled.to_integral_value() or abs(scaled) >= 10**self.digits:
                raise DataValidationError(
                    "QTS-DB-006", "The number does not fit its column", found=str(value),
                    expected=f"at most {self.digits - self.decimals} digits before and {self.decimals} after the point",
                )  # fmt: skip
        return int(scaled) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        """Return the decimal with all its places."""
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(value).scaleb(-self.decimals)


class Instant(TypeDecorator[datetime]):
    """An instant to the microsecond: TIMESTAMPTZ on PostgreSQL, int64 microseconds since 1970 UTC on SQLite."""

    impl = TIMESTAMP
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[int]:
        """Return the type that the database knows."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        """Return what is stored.

        Raises
        ------
        DataValidationError
            If `value` has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise DataValidationError("QTS-DB-006", "The instant has no time zone", found=value.isoformat())
        return to_micros(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | int | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        if value is None:
            return None
        return from_micros(value) if isinstance(value, int) else value.astimezone(UTC)
