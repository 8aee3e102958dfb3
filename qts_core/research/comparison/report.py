"""The report of a challenger against the champion, as Markdown: for Dagster, for MLflow, for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from qts_core.config.settings import Settings
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import ModelError
from qts_core.ports.lake import LakePort
from qts_core.ports.registry import CHAMPION
from qts_core.research.comparison.compared import Comparison, SpanComparison
from qts_core.research.comparison.versions import compare_versions
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import TrainingSummary

__all__ = ["COMPARISON_TAG", "markdown", "report_against_champion"]

COMPARISON_TAG = "against_champion"
ARTEFACT = "against_champion.md"
SHOWN_FEATURES = 12


def report_against_champion(
    lake: LakePort, settings: Settings, tools: ResearchTools, training: TrainingSummary, *, calendar: TradingCalendar
) -> Comparison | str:
    """Compare a training with the champion, keep the report with its run and a sentence with its version.

    Returns
    -------
    Comparison or str
        The reason in words when there is nothing to compare with.
    """
    champion = tools.registry.by_alias(training.registered, CHAMPION)
    if champion is None:
        return f"no version of {training.registered} is the champion yet"
    if champion.version == training.version:
        return "it is the champion itself"
    second = tools.registry.version(training.registered, training.version)
    try:
        found = compare_versions(lake, settings, tools, champion, second, calendar=calendar)
    except ModelError as error:
        return error.line()
    tools.tracker.log_text(training.run_id, ARTEFACT, markdown(found))
    tools.registry.set_tags(training.registered, training.version, {COMPARISON_TAG: found.verdict})
    return found


def markdown(found: Comparison) -> str:
    """Return a comparison as a page."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Comparison) -> Iterator[str]:
    yield f"# {found.second.name} against {found.first.name}"
    yield ""
    yield f"**{_capital(found.verdict)}.**"
    yield ""
    plan = "the same fold plan" if found.has_same_plan else "different fold plans, so only the bars that both judged"
    yield (
        f"Both on {found.overall.bars:,} bars of {found.overall.sessions} sessions ({plan}); their predictions have a "
        f"rank correlation of {_number(found.correlation)}. Intervals: 95 %, stationary bootstrap of whole sessions."
    )
    if found.first.target != found.second.target:
        yield f"Their targets differ ({found.first.target}, {found.second.target}): each is judged by its own outcome."
    yield ""
    yield from _table(
        ("fold", "sessions", "rank IC, first", "rank IC, second", "difference", "hit ratio", "RMSE"),
        [_span(each) for each in (*found.folds, found.overall)],
    )
    yield ""
    yield from _table(
        ("gate", found.first.name, found.second.name),
        [(row.name, _gate(row.first), _gate(row.second)) for row in found.gates],
    )
    yield ""
    yield from _table(
        ("choice", found.first.name, found.second.name),
        [(name, a or "none", b or "none") for name, (a, b) in found.parameters.items()],
    )
    for what, names in (
        ("Features of the first alone", found.only_first), ("Features of the second alone", found.only_second),
        ("Features that both compute differently", found.changed),
    ):  # fmt: skip
        yield ""
        yield f"{what}: {_names(names)}"


def _span(each: SpanComparison) -> tuple[str, ...]:
    return (
        f"{each.name}, {each.span[0]} to {each.span[1]}", str(each.sessions), each.rank_ic[0].text,
        each.rank_ic[1].text, each.difference.text, " / ".join(map(_number, each.hit_ratio)),
        " / ".join(map(_number, each.rmse)),
    )  # fmt: skip


def _gate(judged: tuple[str, float] | None) -> str:
    if judged is None:
        return "not judged"
    verdict, value = judged
    return verdict if math.isnan(value) else f"{verdict}, {_number(value)}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        yield f"No {columns[0]} differs." if columns[0] == "choice" else f"No {columns[0]}."
        return
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_FEATURES} more" if len(names) > SHOWN_FEATURES else ""
    return (", ".join(names[:SHOWN_FEATURES]) + more) if names else "none"


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.4g}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
