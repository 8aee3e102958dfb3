"""A quality report in words for the screen: worst first; what, where, how often, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qts_core.data.quality.findings import Finding, QualityReport

__all__ = ["report_text"]

SHOWN = 3
SYMBOLS = 6


def report_text(
    report: QualityReport, *, title: str = "bars", path: str = "PATH", bar_minutes: int = 15, has_verdict: bool = True
) -> str:
    """Return a report as lines.

    Parameters
    ----------
    title : str
        What was judged.
    path : str
        Stands for it in the commands that are proposed.
    bar_minutes : int
        Length of the bars; longer ones than the platform's are judged and never imported.
    has_verdict : bool
        Whether to end with what an import would do; an import that is under way says so by itself.
    """
    from qts_core.market.timeline import BAR_MINUTES

    counts = report.counts()
    said = ", ".join(f"{n} {name}{'s' if n != 1 and name != 'info' else ''}" for name, n in counts.items() if n)
    head = f"{title}: {report.rows:,} bars of {report.symbols:,} symbols; {said or 'nothing found'}"
    lines = [head]
    for finding in report.findings:
        lines += ["", *_finding(finding, path)]
    if not has_verdict:
        return "\n".join(lines)
    refused = f"an import would be refused: {', '.join(report.refused_symbols[:12])}"
    too_long = f"bars of {bar_minutes} minutes are judged, an import takes those of 1, 3, 5 or 15"
    accepted = too_long if bar_minutes > BAR_MINUTES else "an import would be accepted"
    lines += ["", refused if report.is_refused else accepted]
    return "\n".join(lines)


def _finding(finding: Finding, path: str) -> list[str]:
    more = f" and {len(finding.symbols) - SYMBOLS} more" if len(finding.symbols) > SYMBOLS else ""
    lines = [
        f"{finding.severity} {finding.code} {finding.rule} ({finding.policy}): {finding.count:,} in "
        f"{', '.join(finding.symbols[:SYMBOLS])}{more}",
        f"    {finding.detail}",
    ]
    lines += [f"      {example}" for example in finding.examples[:SHOWN] if example not in finding.detail]
    return [*lines, f"    next: {finding.fix(path)}"]
