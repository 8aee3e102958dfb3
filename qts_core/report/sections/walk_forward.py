"""Walk-forward optimisation: what each window promised where it was tuned and kept where it was tested."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Figure, Table, Words, cell, figure, on_screen, table
from qts_core.report.evidence import WalkForward, WalkWindow
from qts_core.report.formats import count, decimals, percent, short_decimals, short_percent
from qts_core.report.svg.bars import row_chart
from qts_core.report.svg.spread import scatter
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["walk_forward_blocks"]

SHARPE = "sharpe"


def walk_forward_blocks(found: WalkForward) -> list[Block]:
    """Lay out the windows, the stitched result, promise against outcome, and how far parameters wandered."""
    blocks: list[Block] = []
    if len(found.days):
        blocks.append(_stitched(found))
    names = list(dict.fromkeys(name for w in found.windows for name in w.outside))
    if found.windows:
        blocks.append(_windows(found.windows, names[:3]))
        key = SHARPE if SHARPE in names else next(iter(names), "")
        if key:
            blocks.append(_promises(found.windows, key))
    if found.stability:
        blocks.append(_stability(found))
    blocks += [Words(f"Sign of overfitting: {sentence}") for sentence in found.warnings]
    return blocks


def _stitched(found: WalkForward) -> Figure:
    curve: Floats = np.cumprod(1.0 + found.returns, dtype=np.float64) - 1.0

    def draw(width: float) -> Markup:
        pane = Pane("Net return", (Series("Stitched", "net", curve),), 150, short_percent, percent, (0.0,))
        return time_chart(found.days, (pane,), width=width, label="Stitched return out of sample")

    total = float(curve[-1])
    return figure(
        f"Net return of the windows' test spans put end to end, each by parameters chosen before it: {percent(total)}",
        f"n = {len(found.windows)} windows, {len(found.days):,} sessions",
        draw,
    )


def _windows(windows: tuple[WalkWindow, ...], names: list[str]) -> Table:
    nan = float("nan")
    rows = []
    for w in windows:
        chosen = ", ".join(f"{key} {value}" for key, value in w.parameters.items())
        row = [
            Cell(str(w.number)),
            Cell(f"{w.train[0]:%-d %b %Y} – {w.train[1]:%-d %b %Y}"),
            Cell(f"{w.test[0]:%-d %b %Y} – {w.test[1]:%-d %b %Y}"),
            Cell(chosen or "–"),
            cell(w.trials, count),
        ]
        for name in names:
            row += [cell(w.inside.get(name, nan), decimals), cell(w.outside.get(name, nan), decimals)]
        rows.append(row)
    heads = ["Window", "Chosen on", "Tested on", "Parameters", "n, trials"]
    for name in names:
        heads += [f"{name}, promised", f"{name}, kept"]
    return table(
        "Each window: parameters chosen on the past, tested on what came next", f"n = {len(windows)} windows", heads,
        rows, words=(0, 1, 2, 3),
    )  # fmt: skip


def _promises(windows: tuple[WalkWindow, ...], name: str) -> Figure:
    pairs = [(w, w.inside.get(name, np.nan), w.outside.get(name, np.nan)) for w in windows]
    pairs = [p for p in pairs if np.isfinite(p[1]) and np.isfinite(p[2])]
    return figure(
        f"{name}: kept (upward) against promised (to the right); on the dashed line nothing is lost",
        f"n = {len(pairs)} windows",
        lambda width: scatter(
            np.array([p[1] for p in pairs]), np.array([p[2] for p in pairs]), ["net"] * len(pairs),
            [f"window {w.number}: {decimals(a)} promised, {decimals(b)} kept" for w, a, b in pairs],
            width=width, height=200, label=f"{name} of each window, kept against promised", unit="Kept",
            x_format=short_decimals, y_format=short_decimals, is_square=True,
        ),
        is_half=True,
    )  # fmt: skip


def _stability(found: WalkForward) -> Figure:
    names = list(found.stability)
    drawn = figure(
        "How far each parameter wandered from window to window, in % of its range",
        f"n = {len(names)} parameters, {len(found.windows)} windows",
        lambda width: row_chart(
            names, np.array([found.stability[name] for name in names]), width=width,
            label="How far each parameter wandered", value_format=lambda v: percent(v, 0), role="exposure",
        ),
        is_half=True,
    )  # fmt: skip
    return on_screen(drawn) if len(names) > 8 else drawn
