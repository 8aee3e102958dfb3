"""The pages that are made from declarations: settings, errors, exit codes, features, metrics."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from qts_core.config.shown import settings_reference
from qts_core.market import errors
from qts_core.market.error_codes import ERROR_CODES
from qts_core.market.errors import ExitCode, TradingSystemError

__all__ = ["EXIT_CODES", "errors_reference", "exit_codes_reference", "reference_pages"]

EXIT_CODES: Mapping[ExitCode, tuple[str, str]] = {
    ExitCode.OK: ("Done.", "Nothing."),
    ExitCode.BUG: ("QTS failed in a way nobody expected.", "Run it again with `QTS_DEBUG=1` and report the traceback."),
    ExitCode.USER_ERROR: (
        "An argument, setting, file or name given is wrong or missing.",
        "The line on stderr says what, where, and how to mend it.",
    ),
    ExitCode.CORRUPT: (
        "Stored bytes are not those that were written: lake, journal, bundle, database.",
        "Do not restart blindly; restore the named file.",
    ),
    ExitCode.ANOTHER_INSTANCE: ("Another process owns the account or the folder.", "Stop it, or use another account."),
    ExitCode.CONNECTION: ("Broker, database or registry cannot be reached.", "A supervisor may start it again."),
    ExitCode.RISK_HALT: (
        "Trading stopped because a risk limit was reached.",
        "Deliberate: a supervisor must not start it again.",
    ),
    ExitCode.KILLED: ("The kill switch was fired.", "Latched: a person must reset it with `live-daemon resume`."),
    ExitCode.INTERRUPTED: ("Ctrl-C.", "Nothing."),
}
"""Meaning of each exit code and what to do."""


def reference_pages() -> dict[str, str]:
    """Return the pages by their path below ``docs``."""
    # Here and not above: the kernels' compiler is slow to import, and `qts config` does not need it.
    from qts_core.analytics.documentation import metrics_page as measures_page
    from qts_core.features.documentation import alpha158_reference, features_reference
    from qts_core.monitoring.metrics import metrics_page
    from qts_core.report.fold_examples import fold_pictures

    return {
        "reference/settings.md": settings_reference(),
        "reference/errors.md": errors_reference(),
        "reference/exit-codes.md": exit_codes_reference(),
        "reference/features.md": features_reference(),
        "reference/alpha158.md": alpha158_reference(),
        "reference/metrics.md": metrics_page(),
        "concepts/metrics.md": measures_page(),
        **{f"images/{name}": f"{picture}\n" for name, picture in fold_pictures().items()},
    }


def errors_reference() -> str:
    """Return docs/reference/errors.md: the tree of errors and every code."""
    lines = [
        "# Errors",
        "",
        "Made by `make docs`. An error is one line: code, class, what happened, where, what was found, what was",
        "expected, how to mend it. `disposition` is what the program does with it when it runs on its own.",
        "",
        "| Class | Meaning | Disposition | Exit code |",
        "|---|---|---|---|",
    ]
    for kind, depth in _tree(TradingSystemError, 0):
        meaning = (inspect.getdoc(kind) or "").split("\n")[0]
        name = "&nbsp;&nbsp;" * depth + f"`{kind.__name__}`"
        lines.append(f"| {name} | {meaning} | {kind.disposition.value} | {int(kind.exit_code)} |")
    lines += ["", "| Code | Meaning |", "|---|---|"]
    lines += [f"| `{code}` | {sentence} |" for code, sentence in sorted(ERROR_CODES.items())]
    return "\n".join(lines) + "\n"


def exit_codes_reference() -> str:
    """Return docs/reference/exit-codes.md."""
    lines = [
        "# Exit codes",
        "",
        "Made by `make docs`. `qts` and `live-daemon` leave with the same codes"
        " ([why these](../decisions/0001-exit-codes.md)).",
        "",
        "| Code | Name | Meaning | What to do |",
        "|---|---|---|---|",
    ]
    lines += [f"| {int(c)} | {c.name} | {meaning} | {advice} |" for c, (meaning, advice) in EXIT_CODES.items()]
    return "\n".join(lines) + "\n"


def _tree(kind: type[TradingSystemError], depth: int) -> list[tuple[type[TradingSystemError], int]]:
    public = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [(kind, depth), *(entry for child in public for entry in _tree(child, depth + 1))]
