"""Judge a file of bars before it is accepted (specification 5.1; bad inputs B12 to B38).

A report says what was found, rule by rule. Only rules of policy REFUSE stop an import: they mean that the file as a
whole cannot be what it says it is. Everything else is settled later, bar by bar, by cleaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import polars as pl

from qts_core.data.actions.table import no_actions
from qts_core.data.grid import place_bars
from qts_core.data.quality import checks
from qts_core.data.quality.checks import Evidence, QualitySettings
from qts_core.data.quality.rules import RULES, Policy, broken_rule
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["Finding", "QualityReport", "QualitySettings", "check_bars"]

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that was broken.

    Attributes
    ----------
    rule : str
        Key of ``RULES``.
    policy : Policy
        What it leads to.
    count : int
        Bars concerned (gaps: symbols).
    symbols : tuple of str
        Symbols concerned, sorted.
    detail : str
        One sentence with the values that matter, and what to do.
    examples : tuple of str
        At most twenty places.
    """

    rule: str
    policy: Policy
    count: int
    symbols: tuple[str, ...]
    detail: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What was found in `rows` bars of `symbols` symbols; without findings everything is in order."""

    rows: int
    symbols: int
    findings: tuple[Finding, ...]

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

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {"rows": self.rows, "symbols": self.symbols, "findings": [asdict(f) for f in self.findings]}


def check_bars(
    frame: pl.DataFrame,
    *,
    calendar: TradingCalendar,
    bar_minutes: int = BAR_MINUTES,
    now: datetime | None = None,
    actions: pl.DataFrame | None = None,
    settings: QualitySettings | None = None,
) -> QualityReport:
    """Judge bars by every rule.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in any order.
    calendar : TradingCalendar
        Sessions.
    bar_minutes : int
        Length of a bar.
    now : datetime, optional
        Bars that start later than one bar after it lie in the future; None skips the question.
    actions : DataFrame, optional
        Of ``ACTION_SCHEMA``; splits explain price steps.
    settings : QualitySettings, optional
        Tolerances; the specification's by default.

    Raises
    ------
    DataNotFoundError
        If there are no bars.
    DataValidationError
        If `frame` does not have the columns of bars.
    """
    bars = conform(frame, BAR_SCHEMA).sort("symbol", "ts_event", "ts_known")
    if bars.is_empty():
        raise DataNotFoundError("QTS-DATA-002", "there are no bars to check")
    settings = settings or QualitySettings()
    judged = bars.with_columns(broken_rule())
    places = place_bars(bars["ts_event"].to_physical().to_numpy(), calendar, bar_minutes)
    in_session, on_grid = pl.Series(places.in_session), pl.Series(places.on_grid)
    found: list[Evidence] = [
        *checks.broken_bars(judged, settings),
        *checks.duplicates(bars),
        *checks.placement(bars, in_session, on_grid, calendar, bar_minutes, settings),
    ]
    if now is not None:
        found += checks.future(bars, now + timedelta(minutes=bar_minutes))
    sound = judged.filter(pl.col("rule").is_null() & in_session & on_grid).drop("rule")
    if not sound.is_empty():
        # A step in price says most about what is wrong, so it is told first.
        found += checks.price_steps(sound, no_actions() if actions is None else actions, settings)
        found += checks.completeness(sound, calendar, bar_minutes, settings)
        found += checks.outliers(sound, settings)
    return QualityReport(bars.height, bars["symbol"].n_unique(), tuple(_finding(e) for e in found))


def _finding(evidence: Evidence) -> Finding:
    rule = RULES[evidence.rule]
    return Finding(
        rule.name,
        rule.policy,
        evidence.count,
        tuple(sorted(set(evidence.symbols))),
        evidence.detail or rule.doc,
        _shortened(evidence.examples),
    )


def _shortened(examples: Sequence[str]) -> tuple[str, ...]:
    if len(examples) <= EXAMPLES:
        return tuple(examples)
    return (*examples[:EXAMPLES], f"and {len(examples) - EXAMPLES} more")
