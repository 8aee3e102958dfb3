"""The quality of bars as one page: what is wrong, where, how often, and what to do about it (specification 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from qts_core.data.quality.findings import Finding, QualityReport
from qts_core.data.quality.policies import Policy, Severity
from qts_core.data.quality.rules import RULES
from qts_core.report.blocks import Block, Cell, Section, Table, Words, cell, table
from qts_core.report.formats import count, percent
from qts_core.report.quality_figures import coverage_figure, daily_figures
from qts_core.report.templating import page_style, template

__all__ = ["Number", "Verdict", "quality_page"]

SHOWN = 12
TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "none"}
LEADS_TO = {
    Policy.REFUSE: "import refused",
    Policy.QUARANTINE: "bars set aside",
    Policy.FLAG: "kept and counted",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The page's first words: tone (``good``, ``warn``, ``bad``), headline, what it rests on, reasons."""

    tone: str
    headline: str
    basis: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """One figure under the headline."""

    name: str
    value: str
    is_negative: bool = False


def quality_page(
    report: QualityReport,
    *,
    title: str = "Bars",
    source: str = "",
    path: str = "PATH",
    is_synthetic: bool = False,
    notes: Sequence[str] = (),
) -> str:
    """Return a report on bars as one HTML page that opens offline.

    Parameters
    ----------
    report : QualityReport
        What was found.
    title : str
        What was judged: a file's name, ``raw_bars``, a month.
    source : str
        Where it comes from, in words.
    path : str
        Stands for the file in the commands that the page proposes.
    is_synthetic : bool
        Whether the market is made up; the page then says so in big words.
    notes : sequence of str
        Sentences shown under the verdict, such as what the reader of the file remarked.

    Notes
    -----
    Equal inputs give equal pages. Every text is escaped. The page holds no script and asks the network for nothing.
    """
    sections = [_tasks(report, path), *_evidence(report), *_coverage(report), _rules(report)]
    return template("quality.html.j2").render(
        title=title,
        source=source,
        is_synthetic=is_synthetic,
        notes=tuple(notes),
        verdict=_verdict(report),
        numbers=_numbers(report),
        sections=[s for s in sections if s.blocks],
        style=page_style(),
    )


def _verdict(report: QualityReport) -> Verdict:
    counts = report.counts()
    basis = f"{report.rows:,} bars of {report.symbols:,} symbols · {len(RULES)} rules asked"
    if report.is_refused:
        reasons = tuple(_sentence(f) for f in report.findings if f.policy is Policy.REFUSE)
        return Verdict("bad", "These bars would be refused", basis, reasons)
    if counts["warning"]:
        what = "one warning" if counts["warning"] == 1 else f"{counts['warning']} warnings"
        reasons = tuple(_sentence(f) for f in report.findings if f.severity is Severity.WARNING)
        return Verdict("warn", f"Nothing refused, {what}", basis, reasons)
    return Verdict("good", "Nothing stands against these bars", basis, ())


def _numbers(report: QualityReport) -> tuple[Number, ...]:
    counts = report.counts()
    there, expected = int(report.coverage["bars"].sum()), int(report.coverage["expected"].sum())
    coverage = (Number("Coverage", percent(there / expected, 1)),) if expected else ()
    months = sorted(report.coverage["month"].unique().to_list())
    span = (Number("Months", f"{months[0]} to {months[-1]}"),) if months else ()
    return (
        Number("Errors", count(counts["error"]), is_negative=counts["error"] > 0),
        Number("Warnings", count(counts["warning"])),
        Number("Remarks", count(counts["info"])),
        Number("Symbols concerned", count(len({s for f in report.findings if f.severity.rank < 2 for s in f.symbols}))),
        *coverage,
        *span,
    )


def _tasks(report: QualityReport, path: str) -> Section:
    """List what to do, worst first."""
    if not report.findings:
        return Section("findings", "What was found", (Words("Every rule holds. There is nothing to do."),))
    rows = [
        (
            Cell(str(f.severity), role=TONES[f.severity], hover=LEADS_TO[f.policy]),
            Cell(f.rule, hover=f"{f.code}: {f.declared.doc}"),
            cell(f.count, count),
            Cell(_some(f.symbols), hover=", ".join(f.symbols[:100])),
            Cell(_sentence(f)),
            Cell(f.fix(path)),
        )
        for f in report.findings
    ]
    heads = ("", "Rule", "Times", "Symbols", "What and where", "What to do")
    block = table("What was found and what to do about it", "worst first", heads, rows, words=(0, 1, 3, 4, 5))
    return Section("findings", "What was found", (block,))


def _evidence(report: QualityReport) -> list[Section]:
    """Show the places of every error and warning, with a picture where one helps."""
    blocks: list[Block] = []
    for finding in report.findings:
        if finding.severity is Severity.INFO:
            continue
        blocks += daily_figures(finding, report.daily)
        blocks.append(_places(finding))
    return [Section("evidence", "Evidence", tuple(blocks))]


def _places(finding: Finding) -> Table:
    shown = finding.places.head(SHOWN)
    columns = [name for name in shown.columns if name not in {"ts_known", "source"} or shown[name].n_unique() > 1]
    columns = [name for name in columns if shown[name].null_count() < shown.height]
    numbers = {name for name in columns if shown[name].dtype.is_numeric()}
    rows = [tuple(_value(row[name], is_number=name in numbers) for name in columns) for row in shown.to_dicts()]
    left_out = finding.places.height - shown.height
    return table(
        f"{finding.rule}: {finding.declared.doc}",
        f"{finding.code} · n = {finding.count:,}",
        [name.replace("_", " ") for name in columns],
        rows,
        words=tuple(i for i, name in enumerate(columns) if name not in numbers),
        note=f"{left_out:,} further rows are left out." if left_out else "",
    )


def _value(value: object, *, is_number: bool) -> Cell:
    if value is None:
        return Cell("–")
    if is_number and isinstance(value, int | float):
        return Cell(f"{value:,.6g}" if isinstance(value, float) and abs(value) < 1e6 else f"{value:,.0f}")
    if hasattr(value, "strftime"):
        return Cell(f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else f"{value:%Y-%m-%d}")
    return Cell(str(value))


def _coverage(report: QualityReport) -> list[Section]:
    if report.coverage.is_empty():
        return []
    thin = (
        report.coverage.group_by("symbol")
        .agg(pl.col("bars", "expected").sum())
        .with_columns(ratio=pl.col("bars") / pl.col("expected"))
        .filter(pl.col("bars") < pl.col("expected"))
        .sort("ratio", "symbol")
        .head(SHOWN)
    )
    blocks: list[Block] = [coverage_figure(report.coverage)]
    if thin.height:
        rows = [
            (Cell(s), cell(b, count), cell(e, count), cell(e - b, count), Cell(percent(r)))
            for s, b, e, r in thin.iter_rows()
        ]
        heads = ("Symbol", "Bars", "Expected", "Missing", "Coverage")
        blocks.append(table("Symbols with bars missing, the thinnest first", f"n = {thin.height}", heads, rows))
    return [Section("coverage", "Coverage", tuple(blocks))]


def _rules(report: QualityReport) -> Section:
    """Say what was asked, so that a page without findings says something too."""
    rows = []
    for rule in RULES.values():
        finding = report.finding(rule.name)
        outcome = Cell("holds", role="good") if finding is None else Cell("broken", role=TONES[rule.severity])
        rows.append((Cell(rule.code), Cell(rule.name), outcome, Cell(LEADS_TO[rule.policy]), Cell(rule.doc)))
    heads = ("Code", "Rule", "", "Leads to", "What it means when broken")
    block = table("Every rule and its outcome", f"n = {len(rows)}", heads, rows, words=(0, 1, 2, 3, 4))
    return Section("rules", "Rules", (block,))


def _sentence(finding: Finding) -> str:
    return finding.detail[:1].upper() + finding.detail[1:]


def _some(symbols: Sequence[str]) -> str:
    return ", ".join(symbols[:4]) + (f" and {len(symbols) - 4} more" if len(symbols) > 4 else "")
