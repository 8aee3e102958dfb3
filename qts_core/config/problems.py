"""Turn what is wrong with settings into sentences: where, found, expected, and the nearest known key."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from qts_core.config.masking import masked_address
from qts_core.config.section import CLOCK_PATTERN, CONTRADICTION, Section
from qts_core.config.variables import SECRET_KEYS
from qts_core.config.yaml_text import KeyPath, dotted
from qts_core.market.errors import ConfigurationError, InvalidConfigError, MissingConfigError, printable

__all__ = ["Problem", "Where", "nearest", "problems_of", "refuse", "section_at"]

Where = Callable[[KeyPath], str]
"""Tells where the value of a key comes from: ``config/risk.yaml:12``."""

MOST_SHOWN: Final = 20
LONGEST_SENTENCE: Final = 600

# Words of pydantic that a reader of a settings file should not have to know.
EXPECTATIONS = {
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text (quote it)",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "path_type": "a path",
    "date_type": "a date such as 2025-01-01",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    code : str
        Error code.
    sentence : str
        What, where, found, expected, on one line.
    """

    code: str
    sentence: str


def refuse(problems: Sequence[Problem]) -> ConfigurationError:
    """Return one error that lists every problem, the first twenty of them in its line.

    The error carries all of them as notes too: ``error.__notes__`` has one sentence each.
    """
    problems = [Problem(problem.code, _cut(problem.sentence)) for problem in problems]
    first = problems[0].code
    kind = MissingConfigError if first == "QTS-CONF-001" else InvalidConfigError
    if len(problems) == 1:
        error = kind(first, problems[0].sentence)
    else:
        shown = problems[:MOST_SHOWN]
        listed = "; ".join(f"({place}) {problem.sentence}" for place, problem in enumerate(shown, start=1))
        listed += f"; and {len(problems) - len(shown)} more" if len(problems) > len(shown) else ""
        error = kind(first, f"{len(problems)} settings are wrong: {listed}")
    for problem in problems:
        error.add_note(f"{problem.code} {problem.sentence}")
    return error


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST_SENTENCE else sentence[: LONGEST_SENTENCE - 1] + "…"


def problems_of(error: ValidationError, root: type[Section], where: Where) -> list[Problem]:
    """Translate a pydantic error.

    Parameters
    ----------
    error : ValidationError
        Raised while validating `root`.
    root : type of Section
        The settings class, from which known keys are read.
    where : callable
        Tells where the value of a key comes from.
    """
    found: list[Problem] = []
    for details in error.errors(include_url=False):
        if details["type"] == CONTRADICTION:
            place = tuple(details["loc"])
            found += [
                Problem("QTS-CONF-005", f"{dotted(place)} at {where(place)}: {sentence}")
                for sentence in details["ctx"]["sentences"]
            ]
        else:
            found.append(_problem(details, root, where))
    return found


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean x?"`` for the known word nearest to `word`, or nothing."""
    choices = {k.lower(): k for k in known}
    found = get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    return f"; did you mean {choices[found[0]]}?" if found else ""


def section_at(root: type[Section], path: KeyPath) -> type[Section] | None:
    """Return the settings class that holds the keys below `path`, or None."""
    kind, known = _walk(root, path)
    return kind if known == path and isinstance(kind, type) and issubclass(kind, Section) else None


def _walk(root: type[Section], path: KeyPath) -> tuple[Any, KeyPath]:
    """Return the annotation at the longest known beginning of `path`, and that beginning."""
    current: Any = root
    for place, part in enumerate(path):
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            if field is None:
                return current, path[:place]
            current = field.annotation
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        elif get_origin(current) is tuple:
            current = get_args(current)[0]
        else:
            return current, path[:place]
        current = _bare(current)
    return current, path


def _bare(kind: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` from an annotation."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        rest = [k for k in get_args(kind) if k is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else kind
    return kind


def _problem(details: ErrorDetails, root: type[Section], where: Where) -> Problem:
    path: KeyPath = tuple(details["loc"])
    kind = details["type"]
    if kind == "extra_forbidden":
        parent = section_at(root, path[:-1])
        known = [*parent.model_fields, *parent.aliases] if parent else []
        hint = nearest(str(path[-1]), known) or _elsewhere(str(path[-1]), root)
        return Problem("QTS-CONF-004", f"Unknown key {printable(dotted(path))} at {where(path)}{hint}")
    if kind == "missing":
        return Problem("QTS-CONF-001", f"{dotted(path)} is missing at {where(path[:-1])}")
    annotation, path = _walk(root, path)
    sentence = f"{dotted(path) or 'The settings'} is not allowed at {where(path)}"
    found, is_secret = details["input"], annotation is SecretStr or dotted(path) in SECRET_KEYS
    if is_secret:
        sentence += ": found a secret"
    elif isinstance(found, str | int | float | bool | None):
        sentence += f": found {printable(masked_address(found) if isinstance(found, str) else found)}"
    # Our own validators write whole clauses, pydantic's say what was expected.
    clause = details["msg"].removeprefix("Value error, ")
    sentence += f", {clause}" if kind == "value_error" else f", expected {_expectation(details)}"
    return Problem("QTS-CONF-003", sentence + ("" if is_secret else _advice(found, path, kind)))


def _elsewhere(word: str, root: type[Section]) -> str:
    """Return a hint at the key of another section that `word` may mean, or nothing."""
    places: dict[str, str] = {}
    for path in _keys(root, ()):
        places.setdefault(str(path[-1]), dotted(path))
    found = get_close_matches(word.lower(), places, n=1, cutoff=0.8)
    return f"; did you mean {places[found[0]]}?" if found else ""


def _keys(section: type[Section], path: KeyPath) -> Iterator[KeyPath]:
    for name, field in section.model_fields.items():
        yield (*path, name)
        inner = _bare(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _keys(inner, (*path, name))


def _expectation(details: ErrorDetails) -> str:
    if details["type"] == "string_pattern_mismatch":
        pattern = details["ctx"]["pattern"]
        return 'a time "HH:MM"' if pattern == CLOCK_PATTERN else f"text of the form {pattern}"
    return EXPECTATIONS.get(details["type"]) or details["msg"].removeprefix("Input should be ")


def _advice(found: object, path: KeyPath, kind: str) -> str:
    if isinstance(found, bool) and kind == "string_type":
        return '; quote it: "true" is a word, true is a value'
    if kind in ("less_than", "less_than_equal") and isinstance(found, int | float) and 1 < found <= 100:
        return f"; it is a fraction: {found / 100:g} is {found:g} %"
    if kind in ("string_type", "string_pattern_mismatch") and str(path[-1]).endswith(("_time", "start", "end")):
        return '; write a quoted time: "09:30"'
    return ""
