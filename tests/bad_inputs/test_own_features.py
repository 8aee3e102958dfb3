"""Every wrong file of own features is one line with file and line number, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from qts_core.adapters.own_features import load_own_file
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.config.features import FeaturesSettings
from qts_core.market.errors import ExitCode, InvalidConfigError, MissingConfigError, TradingSystemError
from qts_core.research.catalogues import catalogue_for, own_catalogue

HEAD = "from qts_core.features import block_kernel, feature, kernel, ops\n"
GOOD = 'feature("tech_mine_1_raw", ops.close / ops.open, unit="ratio", doc="Close over open.")\n'


def kernel_text(body: str, *, decorator: str = "@kernel(state=1)", arguments: str = "state, x") -> str:
    used = 'feature("tech_mine_1_raw", mine(ops.close), unit="ratio", doc="Mine.")\n'
    return f"{decorator}\ndef mine({arguments}):\n    {body}\n{used}"


WRONG = {
    "a syntax error": ("def (\n", "QTS-FEAT-011", 2),
    "not UTF-8": ("\udcff", "QTS-FEAT-011", None),
    "a null byte": ("\x00", "QTS-FEAT-011", None),
    "an import that fails": ("import no_such_module_anywhere\n", "QTS-FEAT-011", 2),
    "an exception": ("\n\n1 / 0\n", "QTS-FEAT-011", 4),
    "an exception in a function": ("def broken():\n    raise OSError('gone')\nbroken()\n", "QTS-FEAT-011", 3),
    "a file that ends the process": ("import sys\nsys.exit(3)\n", "QTS-FEAT-011", 3),
    "an operator that does not exist": (GOOD.replace("ops.open", "ops.opne"), "QTS-FEAT-011", 2),
    "a missing argument": (GOOD.replace(', unit="ratio"', ""), "QTS-FEAT-011", 2),
    "no feature": ("x = 1\n", "QTS-FEAT-012", None),
    "a bad name": (GOOD.replace("tech_mine_1_raw", "Mine"), "QTS-FEAT-012", 2),
    "a group with a slip": (GOOD.replace("unit=", 'group="technical_tremd", unit='), "QTS-FEAT-012", 2),
    "no doc": (GOOD.replace("Close over open.", ""), "QTS-FEAT-012", 2),
    "no expression": (GOOD.replace("ops.close / ops.open", "1.0"), "QTS-FEAT-012", 2),
    "bounds the wrong way": (GOOD.replace("unit=", "bounds=(1, 0), unit="), "QTS-FEAT-012", 2),
    "bounds that are none": (GOOD.replace("unit=", "bounds=5, unit="), "QTS-FEAT-012", 2),
    "a window of nothing": (GOOD.replace("ops.open", "ops.sma(ops.close, 0)"), "QTS-FEAT-012", 2),
    "a parameter that does not exist": (
        kernel_text("return x", arguments="x", decorator="@kernel()").replace("close)", "close, slope=2)"),
        "QTS-FEAT-012",
        5,
    ),
    "a kernel of another form": (kernel_text("return x", arguments="state"), "QTS-FEAT-015", 2),
    "a kernel with global memory": (
        "seen = []\n" + kernel_text("seen.append(x); return x + state[0]"),
        "QTS-FEAT-016",
        3,
    ),
    "a kernel that asks the time": ("import time\n" + kernel_text("return x * time.time()"), "QTS-FEAT-013", 3),
    "a kernel with a slip": (kernel_text("return y + state[0]"), "QTS-FEAT-013", 2),
    "a kernel that throws dice": (
        "import numpy as np\n" + kernel_text("return x * np.random.random() + state[0]"),
        "QTS-FEAT-014",
        3,
    ),
    "a kernel that looks ahead": (
        kernel_text("out[:] = x[::-1]", decorator="@block_kernel()", arguments="x, out"),
        "QTS-FEAT-014",
        2,
    ),
    "a kernel that raises": (kernel_text("assert x < 0.0; return x + state[0]"), "QTS-FEAT-014", 2),
    "a kernel that leaves its state": (kernel_text("state[5] = x; return x"), "QTS-FEAT-014", 2),
}


def refusal_of(path: Path) -> TradingSystemError:
    with pytest.raises(TradingSystemError) as caught:
        load_own_file(str(path))
    return caught.value


@pytest.mark.parametrize(("text", "code", "line"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_in_one_line_with_its_place(
    text: str, code: str, line: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes((HEAD + text).encode("utf-8", "surrogateescape"))
    error = refusal_of(path)
    assert error.code == code
    assert error.exit_code == ExitCode.USER_ERROR
    assert error.where.startswith(str(path) if line is None else f"{path}:{line}"), error.where
    assert "\n" not in error.line()
    assert "Traceback" not in error.line()


@pytest.mark.parametrize("entry", ["gone.py", "folder/", "no_such_module", "no.such.module", "math", ".", ""])
def test_a_file_that_is_not_there_is_refused(entry: str, tmp_path: Path) -> None:
    given = str(tmp_path / entry) if entry.endswith((".py", "/")) else entry
    with pytest.raises(MissingConfigError, match="QTS-FEAT-010"):
        load_own_file(given)


def test_a_file_that_anyone_may_change_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD + GOOD)
    path.chmod(0o666)
    assert refusal_of(path).code == "QTS-FEAT-017"


def test_a_name_that_is_taken_is_refused_with_both_places(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text(HEAD + GOOD)
    other.write_text(HEAD + "\n" + GOOD)
    with pytest.raises(InvalidConfigError, match=rf"QTS-FEAT-012.*{other}:3.*tech_mine_1_raw.*{one}:2"):
        own_catalogue(FeaturesSettings(own=(str(one), str(other))))


def test_the_name_of_a_shipped_feature_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD + GOOD.replace("tech_mine_1_raw", "tech_rsi_14_raw"))
    with pytest.raises(InvalidConfigError, match=rf"QTS-FEAT-012.*{path}:2.*tech_rsi_14_raw"):
        catalogue_for(FeaturesSettings(own=(str(path),)))


@pytest.mark.parametrize("command", [["list"], ["explain", "tech_rsi_14_raw"]])
def test_the_command_line_says_it_in_one_line_and_exits_with_2(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "features.yaml").write_text("own: [mine.py]\n")
    (tmp_path / "mine.py").write_text(HEAD + "print('hello')\nfeature(\n")
    monkeypatch.setenv("QTS_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    assert run_command(app, "qts", ["features", *command]) == ExitCode.USER_ERROR
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("QTS-FEAT-011")
    assert f"{tmp_path / 'mine.py'}:3" in err
    assert "Traceback" not in err
