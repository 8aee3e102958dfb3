"""The quality of a lake's raw bars, judged once for each state of them and kept in the lake (specification 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from qts_core.data.ingest import WHOLE, load_actions
from qts_core.data.lineage import is_current
from qts_core.data.quality.report import QualityReport, check_bars
from qts_core.data.quality.rules import RULES
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.ports.lake import LakePort

__all__ = ["QUALITY_TABLES", "StoredQuality", "refresh_quality"]

FINDINGS, COVERAGE = "quality_findings", "quality_coverage"
QUALITY_TABLES = (FINDINGS, COVERAGE)


@dataclass(frozen=True, slots=True, eq=False)
class StoredQuality:
    """What the lake knows of its raw bars.

    Attributes
    ----------
    findings : DataFrame
        One row a finding: `rule`, `code`, `severity`, `policy`, `count`, `symbols`, `detail`, `fix`.
    coverage : DataFrame
        `symbol`, `month`, `bars`, `expected`, `ratio`.
    rows, symbols : int
        Bars and symbols judged.
    report : QualityReport or None
        The whole report, None when the same bars and actions were judged before.
    """

    findings: pl.DataFrame
    coverage: pl.DataFrame
    rows: int
    symbols: int
    report: QualityReport | None


def refresh_quality(
    lake: LakePort, *, calendar: TradingCalendar, now: datetime | None, is_forced: bool = False
) -> StoredQuality:
    """Judge the raw bars of `lake` unless these very bars and actions were judged before.

    Parameters
    ----------
    lake : LakePort
        With raw bars.
    now : datetime or None
        Bars beyond it lie in the future; None skips the question.
    is_forced : bool
        Judge them whatever was stored, such as when a page has to be written again.

    Raises
    ------
    DataNotFoundError
        If there are no raw bars.
    """
    actions = load_actions(lake)
    inputs = {
        "raw_bars": lake.data_hash("raw_bars"),
        "actions": digest(actions.sort(actions.columns).write_csv()),
        "rules": digest({rule.name: f"{rule.policy} {rule.severity}" for rule in RULES.values()}),
    }
    if not is_forced and is_current(lake, QUALITY_TABLES, WHOLE, inputs):
        stored = lake.partition(FINDINGS, WHOLE)
        assert stored is not None
        counts = {name: int(stored.lineage[name]) for name in ("rows", "symbols")}
        return StoredQuality(lake.read_month(FINDINGS, WHOLE), lake.read_month(COVERAGE, WHOLE), **counts, report=None)
    report = check_bars(lake.read("raw_bars"), calendar=calendar, now=now, actions=actions)
    lineage = inputs | {"rows": str(report.rows), "symbols": str(report.symbols)}
    lake.write_month(FINDINGS, WHOLE, report.table(), lineage=lineage)
    lake.write_month(COVERAGE, WHOLE, report.coverage, lineage=lineage)
    return StoredQuality(report.table(), report.coverage, report.rows, report.symbols, report)
