"""Days on the command line are ISO days, in order, and not in the future."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import pytest
import typer

from qts_core.cli.dates import check_span, day_option, parse_day
from qts_core.cli.errors import run_command
from qts_core.market.errors import ExitCode, InvalidConfigError

TODAY = date(2024, 6, 28)
app = typer.Typer()
SEEN: list[tuple[date | None, date | None]] = []


@app.command()
def span(
    first: Annotated[date | None, day_option("--from", help="First day.")] = None,
    last: Annotated[date | None, day_option("--to", help="Last day.")] = None,
) -> None:
    check_span(first, last, today=TODAY)
    SEEN.append((first, last))


def test_days_come_as_days() -> None:
    assert run_command(app, "x", ["--from", "2024-02-29", "--to", "2024-06-28"]) == ExitCode.OK
    assert SEEN.pop() == (date(2024, 2, 29), TODAY)
    assert run_command(app, "x", []) == ExitCode.OK
    assert SEEN.pop() == (None, None)
    assert parse_day(TODAY) == TODAY


@pytest.mark.parametrize("text", ["2024-02-30", "01/02/2024", "2024-1-2", "20240102", "2024-01-02T00:00", ""])
def test_another_spelling_names_the_flag(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(app, "x", ["--to", text]) == ExitCode.USER_ERROR
    assert capsys.readouterr().err.startswith(f"QTS-CLI-001 x: Invalid value for '--to': found {text}")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2024, 6, 3), date(2024, 6, 2), "--from lies after --to; found 2024-06-03 and 2024-06-02"),
        (None, date(2024, 6, 29), "--to lies in the future; found 2024-06-29, expected 2024-06-28 or before"),
        (date(2025, 1, 1), None, "--from lies in the future"),
    ],
)
def test_a_span_out_of_order_or_in_the_future_is_refused(first: date | None, last: date | None, words: str) -> None:
    with pytest.raises(InvalidConfigError, match=words) as caught:
        check_span(first, last, today=TODAY)
    assert caught.value.code == "QTS-CLI-001"
    assert caught.value.exit_code is ExitCode.USER_ERROR


def test_one_day_is_a_span() -> None:
    check_span(TODAY, TODAY, today=TODAY)
