"""A ``.env`` file is read whole or refused, never in part."""

from __future__ import annotations

import pytest

from qts_core.config.dotenv_text import parse_dotenv
from qts_core.market.errors import ConfigParseError


def test_assignments_quotes_exports_and_remarks_are_read() -> None:
    text = "# remark\nexport A=1\nB='two words'\nC=\"a\\nb\"\nD = x # remark\nEMPTY=\nBARE\n\nE=p#q\n"
    assert parse_dotenv(text, where=".env") == {"A": "1", "B": "two words", "C": "a\nb", "D": "x", "E": "p#q"}


def test_nothing_is_interpolated() -> None:
    assert parse_dotenv("A=${HOME}\n", where=".env") == {"A": "${HOME}"}


@pytest.mark.parametrize(("text", "line"), [("A=1\n= secret\n", 2), ("A='secret\nB=2\n", 1), ('A=1\nB="secret\n', 2)])
def test_a_line_that_is_no_assignment_is_named_without_its_content(text: str, line: int) -> None:
    with pytest.raises(ConfigParseError, match=rf"^QTS-CONF-002 .*\.env:{line}; expected NAME=value") as caught:
        parse_dotenv(text, where=".env")
    assert "secret" not in str(caught.value)


def test_a_variable_given_twice_names_both_lines() -> None:
    with pytest.raises(ConfigParseError, match=r"The variable A is set twice at \.env; found lines 1 and 3"):
        parse_dotenv("A=1\nB=2\nA=1\n", where=".env")


def test_a_file_of_megabytes_is_refused() -> None:
    with pytest.raises(ConfigParseError, match="too large"):
        parse_dotenv("#" * 1_000_001, where=".env")
