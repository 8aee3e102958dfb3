"""Run a command line so that every failure is one line and a documented exit code (docs/reference/exit-codes.md)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from qts_core.market.errors import ExitCode, TradingSystemError, printable_sentence

__all__ = ["run_command"]

UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer does not export it


def run_command(app: typer.Typer, program: str, arguments: Sequence[str] | None = None) -> int:
    """Run `app` and return the exit code; print an error as one line on stderr.

    Parameters
    ----------
    app : typer.Typer
        The command line.
    program : str
        Name shown in messages, such as ``"qts"``.
    arguments : sequence of str, optional
        Default those of the process.

    Notes
    -----
    With ``QTS_DEBUG=1`` the traceback follows.
    """
    # OpenMP threads that spin while they wait make training many times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        result = get_command(app).main(
            args=None if arguments is None else list(arguments), prog_name=program, standalone_mode=False
        )
    except TradingSystemError as error:
        return _fail(error.line(), error.exit_code)
    except UsageError as error:
        return _usage(error, program)
    except typer.Abort:
        return _fail("Stopped.", ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the outermost caller: nothing may reach a user as a traceback
        sentence = printable_sentence(f"{type(error).__name__}: {error}")
        hint = "" if _is_debugging() else "; run it again with QTS_DEBUG=1 and report what you see"
        return _fail(f"{program} failed unexpectedly: {sentence}{hint}", ExitCode.BUG)
    return result if isinstance(result, int) else ExitCode.OK


def _usage(error: BaseException, program: str) -> int:
    """Print a usage error; a bare group shows its help instead, which is no failure."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        typer.echo(context.get_help())
        return ExitCode.OK
    path = context.command_path if context is not None else program
    message = printable_sentence(getattr(error, "format_message", error.__str__)()).rstrip(".")
    return _fail(f"QTS-CLI-001 {path}: {message}; see `{path} --help`", ExitCode.USER_ERROR)


def _fail(line: str, code: ExitCode) -> int:
    if _is_debugging() and sys.exc_info()[0] is not None:
        sys.excepthook(*sys.exc_info())
    typer.echo(line, err=True)
    return code


def _is_debugging() -> bool:
    return os.environ.get("QTS_DEBUG", "") not in ("", "0")
