"""The picture of a fold plan: what each bar is to each fold, and which fold serves which path (specification 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.report.figures import WIDTH, standalone
from qts_core.report.svg.spans import Span, span_chart
from qts_core.training.folds import FoldPlan
from qts_core.training.folds.picture import Band, RowRole, bands, row_roles, shown_folds

__all__ = ["fold_chart", "fold_picture", "fold_text", "path_chart", "path_picture"]

MOST_FOLDS = 40
TALL, LOW = 16.0, 12.5
COLOURS: Mapping[RowRole, str] = MappingProxyType(
    {
        RowRole.TRAIN: "fold-train",
        RowRole.PURGED: "fold-purged",
        RowRole.EMBARGO: "fold-embargo",
        RowRole.VALIDATION: "fold-validation",
        RowRole.TEST: "fold-test",
        RowRole.HOLDOUT: "fold-holdout",
    }
)
SIGNS: Mapping[RowRole, str] = MappingProxyType(
    {
        RowRole.UNUSED: " ",
        RowRole.TRAIN: "▒",
        RowRole.PURGED: "x",
        RowRole.EMBARGO: "e",
        RowRole.VALIDATION: "▓",
        RowRole.TEST: "█",
        RowRole.HOLDOUT: "H",
    }
)
THIN = frozenset({RowRole.PURGED, RowRole.EMBARGO})
FIRM = frozenset({RowRole.TEST, RowRole.VALIDATION, RowRole.HOLDOUT})


def fold_picture(plan: FoldPlan, timeline: Timeline) -> str:
    """Return the picture of `plan` as an SVG that carries its own colours, for Markdown and files."""
    return standalone(fold_chart(plan, timeline, width=WIDTH))


def path_picture(plan: FoldPlan, timeline: Timeline) -> str:
    """Return the picture of the paths of `plan` as an SVG that carries its own colours."""
    return standalone(path_chart(plan, timeline, width=WIDTH))


def fold_chart(plan: FoldPlan, timeline: Timeline, *, width: float) -> Markup:
    """Draw a line for each fold, and one for the model that goes live; beyond 40 folds the first and the last ones.

    Purged and embargoed bars are drawn wide enough to be seen, at the cost of the training bars beside them.
    """
    shown = shown_folds(plan)
    if len(plan.folds) > MOST_FOLDS:
        half = MOST_FOLDS // 2
        shown = (*shown[:half], *shown[-half - 1 :])
    lines = [(name, [_span(band, name, timeline) for band in bands(plan, fold)]) for name, fold in shown]
    used = {span.role for _, spans in lines for span in spans}
    legend = {role.label: colour for role, colour in COLOURS.items() if colour in used}
    dates, starts = _sessions(timeline)
    left_out = len(plan.folds) + 1 - len(shown)
    label = f"{len(plan.folds)} folds of {plan.scheme}" + (f", {left_out} of them not drawn" if left_out else "")
    height = TALL if len(lines) <= 20 else LOW
    return span_chart(lines, dates, starts, width=width, label=label, legend=legend, line_height=height)


def path_chart(plan: FoldPlan, timeline: Timeline, *, width: float) -> Markup:
    """Draw a line for each backtest path: which fold's predictions stand where."""
    lines = []
    for path in plan.paths[:MOST_FOLDS]:
        spans: list[Span] = []
        for part in path.parts:
            band = Band(RowRole.TEST, part.rows)
            fold = f"{part.fold + 1}"
            role = "fold-train" if len(spans) % 2 else "holding"
            spans.append(Span(part.rows.start, part.rows.stop, role, _said(band, f"fold {fold}", timeline), fold))
        lines.append((f"path {path.index + 1}", spans))
    dates, starts = _sessions(timeline)
    label = f"{len(plan.paths)} backtest paths; the number is the fold whose predictions stand there"
    return span_chart(lines, dates, starts, width=width, label=label, legend={}, line_height=TALL)


def fold_text(plan: FoldPlan, timeline: Timeline, *, columns: int = 72) -> str:
    """Draw the plan with letters, for a terminal: each column shows what most of its bars are, purges a column each."""
    shown = shown_folds(plan)
    edges = np.linspace(0, plan.rows, columns + 1).astype(int)
    margin = max(len(name) for name, _ in shown) + 2
    lines = []
    for name, fold in shown:
        roles = row_roles(plan, fold)
        cells = [_commonest(roles[a:b]) for a, b in pairwise(edges)]
        # what is purged stands next to the test, the embargo beyond it
        for band in sorted((b for b in bands(plan, fold) if b.role in THIN), key=lambda b: b.role):
            _mark(cells, band, edges)
        lines.append(f"{name.ljust(margin)}{''.join(SIGNS[role] for role in cells)}".rstrip())
    first = f"{from_micros(int(timeline.ts_event[0])):%Y-%m-%d}"
    last = f"{from_micros(int(timeline.ts_known[-1])):%Y-%m-%d}"
    lines.append(f"{' ' * margin}{first}{last.rjust(columns - len(first))}")
    legend = "  ".join(f"{SIGNS[role]} {role.label}" for role in COLOURS)
    return "\n".join([*lines, f"{' ' * margin}{legend}"])


def _commonest(roles: NDArray[np.uint8]) -> RowRole:
    """Return what most rows are, the purged ones counted as training."""
    if not len(roles):
        return RowRole.UNUSED
    return RowRole(int(np.bincount(np.where(np.isin(roles, list(THIN)), RowRole.TRAIN, roles)).argmax()))


def _mark(cells: list[RowRole], band: Band, edges: NDArray[np.int64]) -> None:
    """Show a purged band in the cells that it fills by half, or in the nearest cell of training bars."""
    first, last = (int(np.searchsorted(edges, row, side="right")) - 1 for row in (band.rows.start, band.rows.stop - 1))
    inside = np.minimum(band.rows.stop, edges[1:]) - np.maximum(band.rows.start, edges[:-1])
    full = np.flatnonzero(2 * inside >= np.diff(edges)).tolist()
    near = [first, last, *(c for n in (1, 2) for c in (first - n, last + n) if 0 <= c < len(cells))]
    free = [cell for cell in full if cells[cell] is RowRole.TRAIN]
    for cell in free or [cell for cell in near if cells[cell] is RowRole.TRAIN][:1]:
        cells[cell] = band.role


def _span(band: Band, name: str, timeline: Timeline) -> Span:
    return Span(
        band.rows.start, band.rows.stop, COLOURS.get(band.role, ""), _said(band, name, timeline),
        is_thin=band.role in THIN, is_firm=band.role in FIRM,
    )  # fmt: skip


def _said(band: Band, name: str, timeline: Timeline) -> str:
    first = from_micros(int(timeline.ts_event[band.rows.start]))
    last = from_micros(int(timeline.ts_known[band.rows.stop - 1]))
    return f"{name}, {band.role.label}: {first:%Y-%m-%d} to {last:%Y-%m-%d}, {len(band.rows):,} bars"


def _sessions(timeline: Timeline) -> tuple[list[date], list[float]]:
    sessions = list(timeline.session_rows())
    return [day for day, _ in sessions], [float(rows.start) for _, rows in sessions] + [float(len(timeline))]
