"""Files of own features: found, read, run and tried, so that whatever is wrong with one is told with file and line.

Such a file is the user's own Python. It runs with the user's rights in every process that computes features.
"""

from __future__ import annotations

import linecache
import stat
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import cast

import numpy as np

from qts_core.features.operations import Operation, Parameters
from qts_core.features.own import Declared, KernelFault, collecting, kernel_fault, own_kernel_calls
from qts_core.features.own.sources import place_of
from qts_core.market.errors import InvalidConfigError, MissingConfigError, TradingSystemError, printable

__all__ = ["OwnFile", "load_own_file"]

SUFFIX = ".py"
SEED = 20_040_604
"""Of the bars on which kernels are tried: the same file always gets the same verdict."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of own features and what it declares, in order."""

    path: Path
    declared: tuple[Declared, ...]


def load_own_file(entry: str) -> OwnFile:
    """Run a file of own features, unless its very bytes were run already, and return what it declares.

    Parameters
    ----------
    entry : str
        A path that ends in ``.py``, or the name of an importable module.

    Raises
    ------
    MissingConfigError
        QTS-FEAT-010 if it is not there.
    InvalidConfigError
        QTS-FEAT-011 to 017 if it cannot be run, or what it declares cannot be used.
    """
    path = _found(entry)
    return OwnFile(path, _run(str(path), _read(path)))


def _found(entry: str) -> Path:
    if entry.endswith(SUFFIX) or "/" in entry:
        return Path(entry).absolute()
    try:
        spec = find_spec(entry)
    except (ImportError, ValueError) as error:
        raise _missing(entry, found=str(error)) from error
    if spec is None or spec.origin is None or not spec.origin.endswith(SUFFIX):
        raise _missing(entry, found="no module of that name")
    return Path(spec.origin)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & stat.S_IWOTH:
            raise InvalidConfigError(
                "QTS-FEAT-017", "Others may change a file of own features, which runs with your rights.",
                where=str(path), found=f"mode {stat.S_IMODE(path.stat().st_mode):04o}", fix=f"chmod o-w {path}",
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise _missing(str(path), found=error.strerror) from error


def _missing(where: str, *, found: str | None) -> MissingConfigError:
    return MissingConfigError(
        "QTS-FEAT-010", "A file of own features is not there or cannot be read.", where=where, found=found,
        expected="a path ending in .py from the folder of features.yaml, or an importable module",
        fix="correct `own` in features.yaml",
    )  # fmt: skip


@lru_cache(maxsize=32)
def _run(path: str, content: bytes) -> tuple[Declared, ...]:
    """Run the bytes of a file as a module and try the kernels that its features use."""
    module = ModuleType(f"own_{Path(path).stem}")
    module.__file__ = path
    with collecting() as declared, _surroundings(path, module):
        try:
            text = content.decode("utf-8-sig")
            linecache.cache[path] = (len(content), None, text.splitlines(keepends=True), path)
            exec(compile(text, path, "exec"), module.__dict__)  # noqa: S102  # it is the user's own program
        except TradingSystemError as error:
            raise _located(error, path) from error
        except SyntaxError as error:
            raise _failed(path, error.lineno, f"{type(error).__name__}: {error.msg}") from error
        except (Exception, SystemExit) as error:  # whatever a user's file raises is one line
            raise _failed(path, _line(error, path), f"{type(error).__name__}: {error}") from error
    if not declared:
        raise InvalidConfigError(
            "QTS-FEAT-012", "A file of own features declares none.", where=path, expected="feature(name, ...)"
        )
    _refuse_faults(declared)
    return tuple(declared)


@contextmanager
def _surroundings(path: str, module: ModuleType) -> Iterator[None]:
    """Let the file import its neighbours, and keep what it prints out of the output of a command."""
    folder, before = str(Path(path).parent), sys.modules.get(module.__name__)
    sys.path.append(folder)
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path.remove(folder)
        if before is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = before


def _refuse_faults(declared: Sequence[Declared]) -> None:
    random = np.random.default_rng(SEED)
    for operation, parameters in own_kernel_calls(each.spec.expression for each in declared):
        fault = kernel_fault(operation, parameters, random)
        if fault is not None:
            raise _refused(operation, parameters, fault)


def _refused(operation: Operation, parameters: Parameters, fault: KernelFault) -> InvalidConfigError:
    named = ", ".join(f"{n}={v:g}" for n, v in zip(operation.parameters, parameters, strict=True))
    name = operation.name.partition("@")[0]
    code, what = (
        ("QTS-FEAT-014", "An own kernel breaks its contract.")
        if fault.is_compiled
        else ("QTS-FEAT-013", "An own kernel cannot be compiled.")
    )
    function = cast(FunctionType, getattr(operation.kernel, "py_func", operation.kernel))
    return InvalidConfigError(
        code, what, where=f"{place_of(function)} {name}({named})", found=fault.found, expected=fault.rule,
        fix="see docs/concepts/own-features.md",
    )  # fmt: skip


def _located(error: TradingSystemError, path: str) -> InvalidConfigError:
    """Return the error of a declaration with the line that makes it."""
    place = error.where if error.where.startswith(path) else f"{path}:{_line(error, path)} {error.where}".rstrip()
    code = error.code if error.code in {"QTS-FEAT-015", "QTS-FEAT-016"} else "QTS-FEAT-012"
    return InvalidConfigError(
        code, error.what, where=place, found=error.found, expected=error.expected,
        fix=error.fix or "see docs/concepts/own-features.md",
    )  # fmt: skip


def _failed(path: str, line: int | None, found: str) -> InvalidConfigError:
    return InvalidConfigError(
        "QTS-FEAT-011", "A file of own features cannot be run.", where=f"{path}:{line}" if line else path,
        found=printable(found), expected="a Python file that declares features", fix="correct that line",
    )  # fmt: skip


def _line(error: BaseException, path: str) -> int | None:
    """Return the last line of the file that was being run."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return lines[-1] if lines else None
