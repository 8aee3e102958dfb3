"""Read the text of a ``.env`` file; refuse what its parser would leave out in silence (bad inputs B60, B70).

No message ever holds a value: the file is where secrets are.
"""

from __future__ import annotations

from io import StringIO

from dotenv.parser import parse_stream

from qts_core.market.errors import ConfigParseError

__all__ = ["parse_dotenv"]

LARGEST_CHARACTERS = 1_000_000


def parse_dotenv(text: str, *, where: str) -> dict[str, str]:
    """Return the variables of a ``.env`` file; one without a value is left out.

    Parameters
    ----------
    text : str
        Lines such as ``NAME=value``, ``export NAME="value"`` and ``# comment``; nothing is interpolated.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ConfigParseError
        If a line is no assignment, or a variable is set twice.
    """
    if len(text) > LARGEST_CHARACTERS:
        raise ConfigParseError(
            "QTS-CONF-002", "The file is too large", where=where, found=f"{len(text)} characters",
            expected="at most 1,000,000",
        )  # fmt: skip
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for binding in parse_stream(StringIO(text)):
        line = binding.original.line
        if binding.error:
            raise ConfigParseError(
                "QTS-CONF-002", "A line is no assignment", where=f"{where}:{line}", expected="NAME=value",
                fix="close quotation marks, and begin remarks with #",
            )  # fmt: skip
        if binding.key is None:
            continue
        if binding.key in lines:
            raise ConfigParseError(
                "QTS-CONF-002", f"The variable {binding.key} is set twice", where=where,
                found=f"lines {lines[binding.key]} and {line}", fix="keep one",
            )  # fmt: skip
        lines[binding.key] = line
        if binding.value:
            values[binding.key] = binding.value
    return values
