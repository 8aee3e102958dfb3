"""The shape of the source: small files, small functions, a purpose on every first line (style guide)."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("qts_core", "qts_dagster", "live_daemon", "benchmarks")
MOST_LINES = 400
MOST_FUNCTION_LINES = 60

SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function; what explains it does not count."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0)


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = {
        name(path): lines
        for path in SOURCES + TESTS
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long, f"split these, at most {MOST_LINES} lines: {long}"


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name(path)}:{function.lineno} {function.name} {lines}"
        for path in SOURCES
        for function in functions(path)
        if (lines := code_lines(function)) > MOST_FUNCTION_LINES
    ]
    assert not long, f"at most {MOST_FUNCTION_LINES} lines: {long}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(path) for path in SOURCES if len((ast.get_docstring(tree(path)) or "").strip()) < 10]
    assert not silent


def test_every_module_lists_its_public_names() -> None:
    def assigns_all(node: ast.stmt) -> bool:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)

    def is_only_a_docstring(module: ast.Module) -> bool:
        return all(isinstance(node, ast.Expr) for node in module.body)

    without = [
        name(path)
        for path in SOURCES
        if path.name != "__main__.py"
        and name(path) != "qts_core/__init__.py"
        and not name(path).startswith("benchmarks/")
        and not is_only_a_docstring(tree(path))
        and not any(assigns_all(node) for node in tree(path).body)
    ]
    assert not without


def test_every_public_name_is_documented() -> None:
    silent = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    left = [f"{name(path)}: {word}" for path in SOURCES for word in words if word in path.read_text(encoding="utf-8")]
    assert not left


def test_annotations_are_never_evaluated_at_import() -> None:
    line = "from __future__ import annotations"
    without = [
        name(path)
        for path in SOURCES
        if any(not isinstance(node, ast.Expr) for node in tree(path).body)
        and path.name not in ("__init__.py", "__main__.py")
        and line not in path.read_text(encoding="utf-8")
    ]
    # Dagster reads the annotations of assets and resources when they are declared.
    assert [path for path in without if not path.startswith("qts_dagster/")] == []


def test_every_folder_of_code_is_a_package() -> None:
    missing = {name(path.parent) for path in SOURCES if not (path.parent / "__init__.py").exists()}
    assert missing <= {"benchmarks"}


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_a_test_that_reads_real_data_asks_the_fixture(path: Path) -> None:
    if path.name not in ("conftest.py", "test_source.py"):
        assert '"shared"' not in path.read_text(encoding="utf-8")
