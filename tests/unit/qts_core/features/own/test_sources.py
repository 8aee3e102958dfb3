# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import itertools
from pathlib import Path
from types import ModuleType

import pytest

from qts_core.features.own.sources import source_digest
from qts_core.market.errors import InvalidConfigError

TEXT = '''
import math
from numpy import sqrt

RATE = 0.5
PAIR = (1, 2.0)


def eased(x):
    return x * RATE


def step(x):
    """Say something."""
    # and remark upon it
    return eased(x) + sqrt(x) + math.log(x) + PAIR[0]
'''
COUNTER = itertools.count()


def digest_of(text: str, folder: Path) -> str:
    path = folder / f"version{next(COUNTER)}.py"
    path.write_text(text)
    module = ModuleType("own_version")
    exec(compile(text, str(path), "exec"), module.__dict__)
    return source_digest(module.__dict__["step"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Say something.", "Say something else."),
        ("    # and remark upon it\n", ""),
        ("eased(x) + sqrt(x)", "eased( x )+sqrt(x)"),
        ("RATE = 0.5", "RATE = 0.5\nOTHER = 3"),
    ],
)
def test_what_changes_no_value_changes_no_hash(before: str, after: str, tmp_path: Path) -> None:
    assert before in TEXT
    assert digest_of(TEXT.replace(before, after), tmp_path) == digest_of(TEXT, tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("eased(x) + sqrt(x)", "eased(x) - sqrt(x)"),
        ("RATE = 0.5", "RATE = 0.25"),
        ("return x * RATE", "return x / RATE"),
        ("PAIR = (1, 2.0)", "PAIR = (2, 2.0)"),
        ("from numpy import sqrt", "from numpy import cbrt as sqrt"),
        ("import math", "import numpy as math"),
    ],
)
def test_what_may_change_a_value_changes_the_hash_however_far_it_stands(
    before: str, after: str, tmp_path: Path
) -> None:
    assert before in TEXT
    assert digest_of(TEXT.replace(before, after), tmp_path) != digest_of(TEXT, tmp_path)


@pytest.mark.parametrize("value", ["[0.0]", "{}", "object()"])
def test_a_kernel_that_reads_what_may_change_is_refused(value: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-016.*version\d+\.py:\d+.*RATE"):
        digest_of(TEXT.replace("RATE = 0.5", f"RATE = {value}"), tmp_path)


def test_a_function_without_a_source_is_refused() -> None:
    made: dict[str, object] = {}
    exec("def step(x):\n    return x", made)
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-016.*source"):
        source_digest(made["step"])  # type: ignore[arg-type]
