"""What was found in bars: one finding a broken rule, and the report that orders them, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from qts_core.data.quality.evidence import Evidence
from qts_core.data.quality.rules import RULES, Policy, Rule, Severity
from qts_core.market.errors import DataValidationError

__all__ = ["Finding", "QualityReport", "finding_of", "ordered", "report_of"]

COVERAGE_SCHEMA = {
    "symbol": pl.String, "month": pl.String, "bars": pl.Int64, "expected": pl.Int64, "ratio": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One rule that was broken.

    Attributes
    ----------
    rule : str
        Key of ``RULES``.
    policy : Policy
        What it leads to.
    count : int
        How often, as the rule counts: bars, gaps, sessions, pairs of symbols.
    symbols : tuple of str
        Symbols concerned, sorted.
    detail : str
        One sentence with the values that matter.
    examples : tuple of str
        At most twenty places in words, and how many more there are.
    places : DataFrame
        Every place: `symbol`, `ts_event` and the values that matter to this rule.
    """

    rule: str
    policy: Policy
    count: int
    symbols: tuple[str, ...]
    detail: str
    examples: tuple[str, ...]
    places: pl.DataFrame = field(repr=False)

    @property
    def declared(self) -> Rule:
        """The rule as it is declared."""
        return RULES[self.rule]

    @property
    def code(self) -> str:
        """The rule's stable code."""
        return self.declared.code

    @property
    def severity(self) -> Severity:
        """How much it should worry."""
        return self.declared.severity

    def fix(self, path: str = "PATH") -> str:
        """Return what to do next, with `path` in the commands."""
        return self.declared.fix.replace("{path}", path)

    def to_dict(self, path: str = "PATH") -> dict[str, object]:
        """Return plain values for JSON; the places stand as their examples."""
        return {
            "rule": self.rule,
            "code": self.code,
            "policy": str(self.policy),
            "severity": str(self.severity),
            "count": self.count,
            "symbols": list(self.symbols),
            "detail": self.detail,
            "examples": list(self.examples),
            "fix": self.fix(path),
        }


@dataclass(frozen=True, slots=True, eq=False)
class QualityReport:
    """What was found in `rows` bars of `symbols` symbols, worst first; without findings everything is in order.

    Attributes
    ----------
    rows, symbols : int
        Bars and symbols judged.
    findings : tuple of Finding
        In order of severity, then of code.
    coverage : DataFrame
        Bars there and bars expected: `symbol`, `month` (``2024-03``), `bars`, `expected`, `ratio`.
    daily : DataFrame
        `symbol`, `session`, `close` (USD), `volume` (shares), `dollars` (traded value) of symbols with a finding about
        prices or volume; what a picture of it needs.
    """

    rows: int
    symbols: int
    findings: tuple[Finding, ...]
    coverage: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=COVERAGE_SCHEMA), repr=False)
    daily: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)

    @property
    def is_refused(self) -> bool:
        """Whether a rule of policy REFUSE is broken."""
        return any(f.policy is Policy.REFUSE for f in self.findings)

    @property
    def refused_symbols(self) -> tuple[str, ...]:
        """Symbols concerned by a rule of policy REFUSE, sorted."""
        return tuple(sorted({s for f in self.findings if f.policy is Policy.REFUSE for s in f.symbols}))

    def finding(self, rule: str) -> Finding | None:
        """Return the finding of one rule, None when it holds."""
        return next((f for f in self.findings if f.rule == rule), None)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each severity, worst first."""
        return {str(s): sum(f.severity is s for f in self.findings) for s in Severity}

    def joined(self, other: QualityReport) -> QualityReport:
        """Return this report with the findings of another one; a rule that both name stands once, with all places."""
        merged = {f.rule: f for f in self.findings}
        for f in other.findings:
            merged[f.rule] = _both(merged[f.rule], f) if f.rule in merged else f
        return QualityReport(
            self.rows,
            self.symbols,
            ordered(merged.values()),
            self.coverage if self.coverage.height else other.coverage,
            self.daily if self.daily.height else other.daily,
        )

    def raise_if_refused(self, where: str = "") -> None:
        """Raise when the bars cannot be accepted.

        Raises
        ------
        DataValidationError
            With every refusing rule and its evidence in one line.
        """
        refusing = [f for f in self.findings if f.policy is Policy.REFUSE]
        if not refusing:
            return
        raise DataValidationError(
            "QTS-DATA-008",
            "; ".join(f"[{f.rule}] {f.detail}" for f in refusing),
            where=where or f"{self.rows} bars of {self.symbols} symbols",
            fix="correct the file, add the corporate action, or leave out "
            + (", ".join(self.refused_symbols[:8]) or "these bars"),
        )

    def table(self) -> pl.DataFrame:
        """Return one row a finding: `rule`, `code`, `severity`, `policy`, `count`, `symbols`, `detail`, `fix`."""
        columns = ("rule", "code", "severity", "policy", "count", "symbols", "detail", "fix")
        rows = [{name: f.to_dict()[name] for name in columns} for f in self.findings]
        kinds = {name: pl.String() for name in columns}
        return pl.DataFrame(rows, schema={**kinds, "count": pl.Int64(), "symbols": pl.List(pl.String)})

    def to_dict(self, path: str = "PATH") -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "rows": self.rows,
            "symbols": self.symbols,
            "refused": self.is_refused,
            "counts": self.counts(),
            "findings": [f.to_dict(path) for f in self.findings],
        }


def _both(first: Finding, second: Finding) -> Finding:
    return Finding(
        first.rule,
        first.policy,
        first.count + second.count,
        tuple(sorted({*first.symbols, *second.symbols})),
        f"{first.detail}; {second.detail}",
        (*first.examples, *second.examples),
        pl.concat([first.places, second.places], how="diagonal_relaxed"),
    )


def finding_of(evidence: Evidence) -> Finding:
    """Return the finding that evidence makes."""
    rule = RULES[evidence.rule]
    return Finding(
        rule.name, rule.policy, evidence.count, evidence.symbols, evidence.detail or rule.doc, evidence.examples,
        evidence.places,
    )  # fmt: skip


def report_of(frame: pl.DataFrame, found: Iterable[Evidence]) -> QualityReport:
    """Return a report on `frame` from evidence gathered apart from the rules about its bars."""
    findings = ordered(finding_of(evidence) for evidence in found)
    return QualityReport(frame.height, frame["symbol"].n_unique(), findings)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first: by severity, what refuses before what flags, then a step in price before its wake.

    A step in price says most about what is wrong, so prices come before gaps.
    """
    return tuple(sorted(findings, key=lambda f: (f.severity.rank, _WORST_FIRST.index(f.code[1]), f.code)))


_WORST_FIRST = "4625137"
"""Families by how much they explain: prices, symbols, times, volume, bars, completeness, actions."""
