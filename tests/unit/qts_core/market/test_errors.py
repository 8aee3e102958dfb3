"""The exception tree of specification 4.3."""

from __future__ import annotations

import pytest

from qts_core.market import errors
from qts_core.market.error_codes import ERROR_CODES
from qts_core.market.errors import DataValidationError, Disposition, ExitCode, TradingSystemError, printable

# specification 4.3, class and parent
SPECIFICATION = {
    "DataError": ("DataNotFoundError", "DataValidationError", "DataCorruptionError", "DataConnectionError"),
    "ModelError": ("ModelNotFoundError", "ModelLoadError", "PredictionError", "TrainingError"),
    "ExecutionError": (
        "OrderSubmissionError", "OrderCancellationError", "InsufficientFundsError", "BrokerConnectionError",
    ),
    "RiskError": ("PositionLimitError", "DrawdownLimitError", "ExposureLimitError", "MarginCallError"),
    "ConfigurationError": ("InvalidConfigError", "MissingConfigError", "ConfigParseError"),
}  # fmt: skip


@pytest.mark.parametrize(("parent", "children"), SPECIFICATION.items())
def test_the_tree_is_the_specifications(parent: str, children: tuple[str, ...]) -> None:
    assert issubclass(getattr(errors, parent), TradingSystemError)
    for child in children:
        assert getattr(errors, child).__mro__[1] is getattr(errors, parent)


def test_a_message_says_what_where_found_expected_and_fix_on_one_line() -> None:
    error = DataValidationError(
        "QTS-DATA-001", "A price is wrong", where="row 7", found="-1\n", expected="a price above 0", fix="mend it"
    )
    assert error.line() == (
        "QTS-DATA-001 DataValidationError: A price is wrong at row 7; found -1\\n, expected a price above 0; mend it"
    )
    assert str(error) == error.line()


def test_an_undeclared_code_is_a_bug() -> None:
    with pytest.raises(KeyError, match="undeclared"):
        DataValidationError("QTS-DATA-999", "x")


@pytest.mark.parametrize("text", ["a\x1b[31mb", "x\r\ny", "\u202egnp.exe", "\x00"])
def test_control_characters_never_reach_the_screen(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert "\\" in shown


def test_a_long_value_is_cut() -> None:
    assert len(printable("x" * 1000)) == 120


def test_only_losses_flatten_and_only_what_passes_by_itself_is_retried() -> None:
    by_disposition = {
        d: {n for n in errors.__all__ if getattr(getattr(errors, n), "disposition", None) is d} for d in Disposition
    }
    assert by_disposition[Disposition.FLATTEN] == {"DrawdownLimitError"}
    assert by_disposition[Disposition.RETRY] == {"DataConflictError", "DataConnectionError", "BrokerConnectionError"}


def test_exit_codes_are_the_documented_ones() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0, "BUG": 1, "USER_ERROR": 2, "CORRUPT": 3, "ANOTHER_INSTANCE": 4, "CONNECTION": 5, "RISK_HALT": 6,
        "KILLED": 7, "INTERRUPTED": 130,
    }  # fmt: skip


def test_every_code_has_a_sentence() -> None:
    assert all(code.startswith("QTS-") and text.endswith(".") for code, text in ERROR_CODES.items())
