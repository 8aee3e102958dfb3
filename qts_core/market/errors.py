"""The exception tree (specification 4.3): what went wrong, where, and what the catcher should do.

::

    TradingSystemError
    ├── DataError              DataNotFoundError, DataValidationError, DataCorruptionError, DataConnectionError,
    │                          DataConflictError
    ├── ModelError             ModelNotFoundError, ModelLoadError, PredictionError, TrainingError
    ├── ExecutionError         OrderSubmissionError, OrderCancellationError, InsufficientFundsError,
    │                          BrokerConnectionError, AnotherInstanceError
    ├── RiskError              PositionLimitError, DrawdownLimitError, ExposureLimitError, MarginCallError
    └── ConfigurationError     InvalidConfigError, MissingConfigError, ConfigParseError

A message is one line: what happened, where, what was found, what was expected, how to fix it.
Every code is declared in :mod:`qts_core.market.error_codes`.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import ClassVar

from qts_core.market.error_codes import ERROR_CODES

__all__ = [
    "AnotherInstanceError",
    "BrokerConnectionError",
    "ConfigParseError",
    "ConfigurationError",
    "DataConflictError",
    "DataConnectionError",
    "DataCorruptionError",
    "DataError",
    "DataNotFoundError",
    "DataValidationError",
    "Disposition",
    "DrawdownLimitError",
    "ExecutionError",
    "ExitCode",
    "ExposureLimitError",
    "InsufficientFundsError",
    "InvalidConfigError",
    "MarginCallError",
    "MissingConfigError",
    "ModelError",
    "ModelLoadError",
    "ModelNotFoundError",
    "OrderCancellationError",
    "OrderSubmissionError",
    "PositionLimitError",
    "PredictionError",
    "RiskError",
    "TradingSystemError",
    "TrainingError",
    "printable",
]

FOUND_LIMIT = 120


class Disposition(Enum):
    """What the catcher of an error should do."""

    RETRY = "retry"
    SKIP = "skip"
    HALT = "halt"
    FLATTEN = "flatten"
    EXIT = "exit"


class ExitCode(IntEnum):
    """Exit codes of ``qts`` and ``live-daemon``, documented in docs/reference/exit-codes.md."""

    OK = 0
    BUG = 1
    USER_ERROR = 2
    CORRUPT = 3
    ANOTHER_INSTANCE = 4
    CONNECTION = 5
    RISK_HALT = 6
    KILLED = 7
    INTERRUPTED = 130


def printable(value: object) -> str:
    """Return `value` as one short line: control characters escaped, at most 120 characters."""
    text = value if isinstance(value, str) else repr(value)
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return escaped if len(escaped) <= FOUND_LIMIT else escaped[: FOUND_LIMIT - 1] + "…"


class TradingSystemError(Exception):
    """Root of every expected failure.

    Parameters
    ----------
    code : str
        A key of ``ERROR_CODES``, such as ``"QTS-DATA-007"``.
    what : str
        What happened, in one sentence without values.
    where : str, optional
        File with row or key path, symbol, route.
    found, expected : object, optional
        The value met and the rule it broke.
    fix : str, optional
        What the reader can do about it.

    Raises
    ------
    KeyError
        If `code` is not declared.
    """

    disposition: ClassVar[Disposition] = Disposition.HALT
    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str = "",
        found: object = None,
        expected: str = "",
        fix: str = "",
    ) -> None:
        if code not in ERROR_CODES:
            raise KeyError(f"undeclared error code {code}")
        self.code = code
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.fix = fix
        super().__init__(self.line())

    def line(self) -> str:
        """Return the whole error as one line for a person."""
        text = f"{self.code} {type(self).__name__}: {printable_sentence(self.what)}"
        if self.where:
            text += f" at {printable_sentence(self.where)}"
        details = []
        if self.found is not None:
            details.append(f"found {printable(self.found)}")
        if self.expected:
            details.append(f"expected {printable_sentence(self.expected)}")
        if details:
            text += "; " + ", ".join(details)
        if self.fix:
            text += f"; {printable_sentence(self.fix)}"
        return text


def printable_sentence(text: str) -> str:
    """Escape control characters of `text` without cutting it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class DataError(TradingSystemError):
    """Market data is missing, wrong or damaged."""

    disposition = Disposition.SKIP
    exit_code = ExitCode.USER_ERROR


class DataNotFoundError(DataError):
    """The data asked for does not exist."""


class DataValidationError(DataError):
    """The data breaks a rule of specification 5.1."""


class DataCorruptionError(DataError):
    """Stored bytes are not those that were written."""

    disposition = Disposition.HALT
    exit_code = ExitCode.CORRUPT


class DataConnectionError(DataError):
    """A data source cannot be reached."""

    disposition = Disposition.RETRY
    exit_code = ExitCode.CONNECTION


class DataConflictError(DataError):
    """Another process writes the same data."""

    disposition = Disposition.RETRY
    exit_code = ExitCode.ANOTHER_INSTANCE


class ModelError(TradingSystemError):
    """A model cannot be found, loaded, trained or used."""

    exit_code = ExitCode.USER_ERROR


class ModelNotFoundError(ModelError):
    """No such model, version or alias."""


class ModelLoadError(ModelError):
    """A bundle is damaged, of a forbidden format, or does not fit this code."""

    exit_code = ExitCode.CORRUPT


class PredictionError(ModelError):
    """A model gave no usable prediction."""

    disposition = Disposition.SKIP


class TrainingError(ModelError):
    """A model cannot be trained on what it was given."""

    disposition = Disposition.EXIT


class ExecutionError(TradingSystemError):
    """The path to the broker failed."""

    exit_code = ExitCode.CONNECTION


class OrderSubmissionError(ExecutionError):
    """An order was refused or its outcome is unknown."""

    disposition = Disposition.SKIP


class OrderCancellationError(ExecutionError):
    """A cancel was refused or its outcome is unknown."""

    disposition = Disposition.SKIP


class InsufficientFundsError(ExecutionError):
    """The broker refuses for lack of buying power."""

    disposition = Disposition.SKIP


class BrokerConnectionError(ExecutionError):
    """The broker cannot be reached."""

    disposition = Disposition.RETRY


class AnotherInstanceError(ExecutionError):
    """Another daemon owns this account."""

    disposition = Disposition.EXIT
    exit_code = ExitCode.ANOTHER_INSTANCE


class RiskError(TradingSystemError):
    """A risk rule was broken."""

    exit_code = ExitCode.RISK_HALT


class PositionLimitError(RiskError):
    """A position exceeds its limit."""


class DrawdownLimitError(RiskError):
    """A loss exceeds its limit."""

    disposition = Disposition.FLATTEN


class ExposureLimitError(RiskError):
    """An exposure exceeds its limit."""


class MarginCallError(RiskError):
    """The broker demands margin."""


class ConfigurationError(TradingSystemError):
    """A setting is wrong; the program refuses to start."""

    disposition = Disposition.EXIT
    exit_code = ExitCode.USER_ERROR


class InvalidConfigError(ConfigurationError):
    """A setting has a value that is not allowed, or contradicts another."""


class MissingConfigError(ConfigurationError):
    """A required setting or file is not there."""


class ConfigParseError(ConfigurationError):
    """A configuration file cannot be read."""
