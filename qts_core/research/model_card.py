"""The model card: what a person should know of a model before they let it trade, in Markdown (specification 7.3)."""

from __future__ import annotations

import math

from qts_core.analytics.survivorship import Survivorship
from qts_core.market.time import from_micros
from qts_core.research.overfit_flags import in_sample_gap
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingResult

__all__ = ["model_card"]

FEATURES_SHOWN = 12


def model_card(result: TrainingResult, samples: TrainingSet, alive: Survivorship) -> str:
    """Return the card of a training.

    Parameters
    ----------
    result : TrainingResult
    samples : TrainingSet
        What it was trained on.
    alive : Survivorship
        Who of the universe was still there at the end of the data.
    """
    about = (_header(result), _data(result, samples), _folds(result), _members(result))
    parts = (*about, _stability(result), _importance(result), _limits(result, alive))
    return "\n\n".join(part for part in parts if part)


def _header(result: TrainingResult) -> str:
    entry, overall = result.entry, result.overall
    return (
        f"# {entry.key}\n\n{entry.kind} {entry.model_type.value}, target `{entry.target.name}`: what an order "
        f"decided at a bar's close earns from the next open over {entry.target.horizon_bars} bars.\n\n"
        f"Out of sample over {len(result.folds)} folds, {overall.samples:,} predictions: rank IC "
        f"**{_number(overall.rank_ic_mean)}** (t {_number(overall.rank_ic_t)} on bars a horizon apart, n = "
        f"{overall.bars:,} bars), hit ratio {_number(overall.hit_ratio)}, R² {_number(overall.r_squared)}."
    )


def _data(result: TrainingResult, samples: TrainingSet) -> str:
    manifest = result.bundle.manifest
    span = manifest.training
    return (
        f"## Data\n\nThe live model learned from {span.samples:,} samples of {len(span.symbols)} symbols, "
        f"{span.first:%Y-%m-%d} to {span.last:%Y-%m-%d}, {len(samples.names)} features "
        f"(catalogue `{samples.catalogue_hash[:12]}`), data `{samples.data_hash[:12]}`, folds "
        f"`{span.fold_plan_hash[:12]}`, seed {manifest.seed}, bundle `{result.bundle.sha256[:12]}`. "
        f"Bars from {from_micros(result.plan.first_ts):%Y-%m-%d} to {from_micros(result.plan.last_ts):%Y-%m-%d} were "
        f"given; the last {len(result.plan.holdout)} bars were held out of everything."
    )


def _folds(result: TrainingResult) -> str:
    lines = ["| fold | train samples | test samples | rank IC in sample | rank IC out of sample | hit ratio |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for fold in result.folds:
        lines.append(
            f"| {fold.index + 1} | {fold.train_samples:,} | {fold.test_samples:,} | "
            f"{_number(fold.in_sample.rank_ic_mean)} | {_number(fold.out_of_sample.rank_ic_mean)} | "
            f"{_number(fold.out_of_sample.hit_ratio)} |"
        )
    return f"## Folds\n\n{_method(result)}\n\n" + "\n".join(lines)


def _members(result: TrainingResult) -> str:
    """Return the members' weights by fold; empty for a single model."""
    if result.entry.ensemble is None:
        return ""
    keys = [member.entry.key for member in result.entry.ensemble.members]
    lines = [f"| fold | {' | '.join(keys)} | rows on which enough agree |", "|---|" + "---:|" * (len(keys) + 1)]
    for fold in result.folds:
        weights = " | ".join(_number(fold.figures[f"weight.{key}"]) for key in keys)
        lines.append(f"| {fold.index + 1} | {weights} | {fold.figures['agreed']:.1%} |")
    method = result.entry.ensemble.settings.method
    said = f"Combined by {method}; weights from rows that the members did not learn from."
    return f"## Members\n\n{said}\n\n" + "\n".join(lines)


def _method(result: TrainingResult) -> str:
    plan = result.plan
    count = f" and {len(plan.paths)} backtest paths; figures above are of the first" if len(plan.paths) > 1 else ""
    said = f"{len(plan.folds)} folds of `{plan.scheme}`{count}."
    if plan.is_history:
        return f"{said} Each learned only from what came before its test."
    return f"{said} Folds also learned from what came **after** their test: this is no history that could be traded."


def _stability(result: TrainingResult) -> str:
    inside = [fold.in_sample.rank_ic_mean for fold in result.folds]
    flag = in_sample_gap(inside, [fold.out_of_sample.rank_ic_mean for fold in result.folds])
    lines = [f"| {name.removeprefix('stability.')} | {_number(v)} |" for name, v in result.stability.items()]
    table = "\n\n| from fold to fold | |\n|---|---:|\n" + "\n".join(lines) if lines else ""
    return f"## Stability\n\n`{flag.name}` {flag.verdict}: {flag.sentence}.{table}"


def _importance(result: TrainingResult) -> str:
    shown = list(result.importance.items())[:FEATURES_SHOWN]
    lines = [f"| {name} | {share:.1%} |" for name, share in shown]
    return "## Features by share of gain\n\n| feature | share |\n|---|---:|\n" + "\n".join(lines)


def _limits(result: TrainingResult, alive: Survivorship) -> str:
    return (
        "## Limits\n\nPredictions are of returns before costs; only the gates' backtest, net of costs and under "
        f"pessimistic fills, says whether they can be traded. {_distance(result)} {alive.survivors} of "
        f"{len(alive.ever)} symbols that were ever in the universe still had bars at the end of "
        "the data; symbols that were delisted before are missing unless "
        "the bars given hold them. A symbol with more than half of its features missing gets no opinion."
    )


def _distance(result: TrainingResult) -> str:
    plan = result.plan
    if plan.embargo_sides == "both":
        return f"Training labels end at least {plan.embargo_bars} bars before a test begins."
    return (
        "Training labels end before a test begins, and training goes on at least "
        f"{plan.embargo_bars} bars after the test's last label has ended."
    )


def _number(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.4f}"
