"""An unknown numba costs speed and nothing else, and is told once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from qts_core.features import FeatureBlock, FeatureEngine, Plan, default_catalogue, native, ops
from qts_core.features.compiling import compile_kernels
from qts_core.features.plain import PlainProgram, program_type
from qts_core.features.program import Program
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
WHOLE = FeatureBlock.of(PANEL.rows(slice(0, 300)))
SOME = Plan.of(
    {spec.name: spec.expression for spec in default_catalogue().readable(()) if spec.name.startswith(("cross", "tech"))}
    | {"group": ops.structure(ops.log_return(ops.close), 60).degree, "close": ops.close}
)


@pytest.fixture
def unknown_numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Break what the tables ask of numba."""

    def gone(*given: object) -> int:
        raise AttributeError("'CPUContext' has no attribute 'call_conv'")

    program_type.cache_clear()
    monkeypatch.setattr(native, "compiled", gone)
    monkeypatch.setattr(native, "_stubs", {})
    native.walker.cache_clear()
    yield
    program_type.cache_clear()
    native.walker.cache_clear()


def test_with_this_numba_kernels_are_called_from_compiled_code() -> None:
    assert program_type() is Program


@pytest.mark.parametrize("threads", [1, 2])
def test_with_an_unknown_numba_calls_are_plain_the_same_bits_and_told_once(
    threads: int, unknown_numba: None, caplog: pytest.LogCaptureFixture
) -> None:
    engine = FeatureEngine(SOME, PANEL.symbols, threads=threads)
    found = engine.push(WHOLE)
    assert not native._stubs
    assert program_type() is PlainProgram
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "plain calls" in record.message
    assert "call_conv" in record.message
    again = FeatureEngine(SOME, PANEL.symbols)
    np.testing.assert_array_equal(again.push(WHOLE), found)
    assert again.snapshot() == engine.snapshot()
    assert len(caplog.records) == 1


def test_plain_calls_give_the_bits_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = FeatureEngine(SOME, PANEL.symbols, threads=2).push(WHOLE)
    monkeypatch.setattr("qts_core.features.lanes.program_type", lambda: PlainProgram)
    for threads in (1, 2):
        np.testing.assert_array_equal(FeatureEngine(SOME, PANEL.symbols, threads=threads).push(WHOLE), wanted)


def test_tables_that_give_other_values_are_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program_type.cache_clear()
    monkeypatch.setattr(Program, "run", lambda self, values: None)
    assert program_type() is PlainProgram
    assert "it gave other values" in caplog.text
    program_type.cache_clear()


def test_kernels_are_compiled_beforehand_with_plain_calls_too(unknown_numba: None) -> None:
    assert compile_kernels(Plan.of({"x": ops.sma(ops.close, 3)})) == 0


WITHOUT_COMPILER = """
import numpy as np
from qts_core.features import FeatureBlock, FeatureEngine, Plan, ops
close = np.array([[1.0, 5.0], [2.0, 3.0], [3.0, np.nan], [4.0, 1.0]])
block = FeatureBlock(np.arange(4), np.stack([close] * 5), np.zeros((11, 4)))
plan = Plan.of({"sma": ops.sma(ops.close, 2), "rank": ops.cross_rank(ops.close), "close": ops.close})
print(FeatureEngine(plan, ("A", "B")).push(block).tolist())
"""


def test_without_the_compiler_the_same_functions_run_in_python() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILER], env=environment, capture_output=True, text=True, check=True
    )
    nan = "nan"
    assert done.stdout.strip() == str(
        [
            [[nan, nan], [1.5, 4.0], [2.5, nan], [3.5, 2.0]],
            [[0.25, 0.75], [0.25, 0.75], [0.5, nan], [0.75, 0.25]],
            [[1.0, 5.0], [2.0, 3.0], [3.0, nan], [4.0, 1.0]],
        ]
    ).replace("'", "")
