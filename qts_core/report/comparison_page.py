"""All models as one page: which earns what after costs, how sure that is, and how much of it is luck (7.3, 11.4)."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Section, cell, figure, table
from qts_core.report.comparison_inputs import ComparedModel, ComparedTogether, Measure, ModelComparison
from qts_core.report.comparison_words import basis, caveats, headline, reasons
from qts_core.report.formats import Format, count, decimals, dollars, percent, probability, short_percent
from qts_core.report.quality_page import Number, Verdict
from qts_core.report.svg.timeline import Pane, Series, time_chart
from qts_core.report.svg.triangle import triangle_map
from qts_core.report.svg.whiskers import Whisker, whisker_chart
from qts_core.report.templating import page_style, template

__all__ = ["comparison_page"]

FEWEST_LIKE = 3


def comparison_page(given: ModelComparison, *, source: str = "", code: str = "") -> str:
    """Return the comparison as one HTML page that opens offline.

    Parameters
    ----------
    given : ModelComparison
    source : str
        On which bars, in words.
    code : str
        Version of the code that made the page.

    Notes
    -----
    Equal inputs give equal pages. Every text is escaped. The page holds no script and asks the network for nothing.
    """
    sections = [_sharpes(given), _table(given), _folds(given), _equity(given), _likeness(given), _missing(given)]
    tone = "good" if given.passed else "bad"
    lead = f"{source}, data {given.data.hash[:12]}" + (f", code {code}" if code else "")
    return template("comparison.html.j2").render(
        title="All models, net of costs",
        source=lead,
        is_synthetic=given.data.is_synthetic,
        notes=caveats(given),
        verdict=Verdict(tone, headline(given), basis(given), reasons(given)),
        numbers=_numbers(given),
        sections=[section for section in sections if section is not None and section.blocks],
        style=page_style(),
    )


def _numbers(given: ModelComparison) -> tuple[Number, ...]:
    together, best = given.together, given.best
    found = [
        Number("Models", count(len(given.models))),
        Number("Passed every gate", count(len(given.passed))),
        Number("Best Sharpe", decimals(best.sharpe.value), is_negative=best.sharpe.value < 0),
        Number("Luck's best", decimals(given.luck)),
        Number("Deflated Sharpe", probability(best.deflated)),
    ]
    if together is not None:
        held = float(np.nanprod(1.0 + together.market) - 1.0)
        found.append(Number("PBO", probability(together.overfitting)))
        found.append(Number("p against cash", probability(together.best_p)))
        found.append(Number("Symbols held equally", percent(held, 1), is_negative=held < 0))
    return tuple(found)


def _sharpes(given: ModelComparison) -> Section:
    def draw_sharpe(width: float) -> Markup:
        rows = [_whisker(m, m.sharpe, decimals) for m in given.models]
        return whisker_chart(rows, width=width, label="Net Sharpe ratio of each model with its interval",
                             value_format=decimals, marks=[("luck's best", given.luck)])  # fmt: skip

    def draw_rank(width: float) -> Markup:
        rows = [_whisker(m, m.rank_ic, _fine) for m in given.models]
        return whisker_chart(rows, width=width, label="Rank correlation of each model with its interval",
                             value_format=_fine)  # fmt: skip

    counted = f"n = {len(given.models)} model{'' if len(given.models) == 1 else 's'}"
    sharpe_note = (
        "Annualised, of the verdict backtest's sessions (Mertens 2002). Dashed: what the best of as many worthless "
        "models shows on average, given every trial in the ledger (Bailey and López de Prado 2014)."
    )
    rank_note = "Of scores with what came of them, mean over bars; stationary bootstrap of whole sessions."
    blocks = (
        figure("Sharpe ratio after costs, and how far it can be believed", counted, draw_sharpe, note=sharpe_note),
        figure("Rank correlation with what came, before any cost", counted, draw_rank, note=rank_note),
    )
    return Section("sharpes", "Who earns what", blocks)


def _whisker(model: ComparedModel, measure: Measure, written: Format) -> Whisker:
    low, high = measure.interval.low, measure.interval.high
    role = "gain" if low > 0 else "loss" if high < 0 else "net"
    said = f"{model.kind}, {model.target}, n = {model.sessions:,} sessions"
    return Whisker(model.key, measure.value, low, high, role, said)


def _table(given: ModelComparison) -> Section:
    counted = f"n = {len(given.models)} model{'' if len(given.models) == 1 else 's'}"
    sure = table(
        "How sure it is, the best Sharpe ratio first", counted,
        ("Model", "Kind", "Gates", "Sharpe", "95 %", "Deflated", "p, knows nothing", "Behind the best, a year"),
        [_sure(model) for model in given.models], words=(0, 1, 2, 4, 7),
        note="Deflated: probability that the Sharpe ratio is more than the luck of all trials. p: permutation test of "
        "the predictions. Behind the best: net return of the best less this one's on the sessions that all share, "
        "with its interval by stationary bootstrap; one that holds zero says that the two cannot be told apart.",
    )  # fmt: skip
    done = table(
        "What it earned and paid", counted,
        ("Model", "Gross", "Net", "Costs", "Turnover", "Drawdown", "Trades", "Sessions", "Idle", "Training, s"),
        [_done(model) for model in given.models],
        note=f"Costs are {given.costs.words}. Gross and net are shares of the first equity; turnover is traded value "
        "per session over equity, both sides; idle are sessions in which nothing was held; training is all folds and "
        "the live model.",
    )  # fmt: skip
    return Section("models", "The figures", (sure, done))


def _sure(model: ComparedModel) -> list[Cell]:
    refused = ", ".join(model.refused)
    gates = Cell("passed", role="good") if model.is_passed else Cell(f"{len(model.refused)} refused", hover=refused,
                                                                     role="bad")  # fmt: skip
    return [
        Cell(model.key, hover=f"version {model.version} ({model.semantic or 'not named'}), {model.target}"),
        Cell(model.kind),
        gates if model.is_passed is not None else Cell("not judged", role="none"),
        cell(model.sharpe.value, decimals),
        Cell(_between(model.sharpe, decimals)),
        cell(model.deflated, probability),
        cell(model.permutation_p, probability),
        Cell(_with_interval(model.behind, _tenths)),
    ]


def _done(model: ComparedModel) -> list[Cell]:
    return [
        Cell(model.key),
        cell(model.gross_return, _tenths),
        cell(model.net_return, _tenths),
        cell(model.costs, dollars),
        cell(model.turnover, decimals),
        cell(model.max_drawdown, _tenths),
        cell(model.trades, count),
        cell(model.sessions, count),
        cell(model.idle, count),
        cell(model.seconds, count),
    ]


def _folds(given: ModelComparison) -> Section | None:
    """Show the net return of every fold, a table for each plan."""
    plans = list(dict.fromkeys(tuple((f.first, f.last) for f in m.folds) for m in given.models if m.folds))
    blocks: list[Block] = []
    for plan in plans:
        models = [m for m in given.models if tuple((f.first, f.last) for f in m.folds) == plan]
        spans = [f"{first:%-d %b %Y} – {last:%-d %b %Y}" for first, last in plan]
        rows = [
            [Cell(m.key), *(cell(f.net_return, _tenths, hover=_fold_said(f.sharpe, f.rank_ic))
                            for f in m.folds)]
            for m in models
        ]  # fmt: skip
        best = [sum(m.folds[i].net_return > 0 for m in models) for i in range(len(plan))]
        rows.append([Cell("earned something"), *(Cell(f"{n} of {len(models)}") for n in best)])
        heads = ["Model", *spans]
        title = "Net return of each fold's test sessions" + ("" if len(plans) == 1 else f", {models[0].key}'s plan")
        note = "Cut from the same backtest, so at its costs. Point at a figure for Sharpe ratio and rank correlation."
        blocks.append(table(title, f"n = {len(plan)} folds", heads, rows, note=note))
    return Section("folds", "Fold by fold", tuple(blocks))


def _fold_said(sharpe: float, rank_ic: float) -> str:
    return f"Sharpe ratio {decimals(sharpe)}, rank correlation {_fine(rank_ic)}"


def _equity(given: ModelComparison) -> Section | None:
    together = given.together
    if together is None:
        return None
    curves: Floats = np.cumprod(1.0 + together.returns, axis=0, dtype=np.float64) - 1.0

    def draw(width: float) -> Markup:
        lines = (
            Series("best", "net", curves[:, 0]),
            Series("mean of all", "gross", curves.mean(axis=1, dtype=np.float64)),
            Series("worst", "loss", curves[:, -1]),
        )
        pane = Pane("Net return", lines, 220, short_percent, _tenths, include=(0.0,))
        return time_chart(together.days, (pane,), width=width, label="Net return of the best, the mean and the worst")

    note = f"Best is {given.models[0].key}, worst {given.models[-1].key}: known only afterwards."
    shown = figure("The best, the mean and the worst, on the sessions that all share", _n(together), draw, note=note)
    return Section("equity", "On the way", (shown,))


def _likeness(given: ModelComparison) -> Section | None:
    together = given.together
    if together is None or len(given.models) < FEWEST_LIKE:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.asarray(np.corrcoef(together.returns, rowvar=False), dtype=np.float64)
    names = [model.key for model in given.models]

    def draw(width: float) -> Markup:
        return triangle_map(names, alike, width=width, label="Correlation of net returns")

    note = (
        f"Models that earn and lose on the same days are nearly one trial: the {given.trials:,} of the ledger count as "
        f"{given.independent:.1f} where luck is reckoned."
    )
    block = figure("How alike they are: correlation of net returns", _n(together), draw, note=note)
    return Section("likeness", "How many different models", (block,))


def _missing(given: ModelComparison) -> Section | None:
    if not given.left_out:
        return None
    rows = [[Cell(key), Cell(reason)] for key, reason in given.left_out.items()]
    block = table("Models that are not compared", f"n = {len(rows)}", ("Model", "Why"), rows, words=(0, 1))
    return Section("missing", "Not compared", (block,))


def _n(together: ComparedTogether) -> str:
    return f"n = {len(together.days):,} sessions"


def _between(measure: Measure, written: Format) -> str:
    return f"{written(measure.interval.low)} to {written(measure.interval.high)}"


def _with_interval(measure: Measure, written: Format) -> str:
    return "–" if math.isnan(measure.value) else f"{written(measure.value)}, {_between(measure, written)}"


def _tenths(value: float) -> str:
    return percent(value, 1)


def _fine(value: float) -> str:
    return decimals(value, 3)
