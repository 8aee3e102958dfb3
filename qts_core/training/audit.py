"""Proofs that a training procedure sees no more than it may: folds, labels, membership (checklist X-18, X-20, X-29).

A procedure is honest when what it must not see can be anything at all: everything beyond a fold's training rows is
altered and cut off, and what the fold learned must come out the same, byte for byte. So a choice of features on all
rows, a scaler fitted before the split, a forgotten purge or an early stop on the test rows are one fault, seen without
knowing how the procedure works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.features.audit.conditions import disturbed, without_bars
from qts_core.features.audit.evidence import is_other
from qts_core.market.membership import Flags
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros
from qts_core.targets import LabelPanel
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry, fold_artefacts

__all__ = ["Build", "Learn", "TrainingFault", "fold_faults", "label_faults", "preparation_faults"]

Learn = Callable[[TrainingEntry, TrainingSet, FoldPlan, Fold], Mapping[str, bytes]]
"""What a fold learns, by name: choice of features, scaler, model."""

Build = Callable[[Panel, Flags], TrainingSet]
"""Features and labels of the members of the universe, bool [T, N], on bars."""

OUTLIER = 50.0
"""What must not be seen is made this many times larger, so that whoever looks is moved."""


@dataclass(frozen=True, slots=True)
class TrainingFault:
    """One thing that a procedure sees and must not.

    Attributes
    ----------
    proof : str
        ``unseen_rows``, ``label_end``, ``label_begin``, ``future`` or ``membership``.
    where : str
        The fold, bar or symbol.
    what : str
        What changed.
    """

    proof: str
    where: str
    what: str


def fold_faults(
    entry: TrainingEntry,
    samples: TrainingSet,
    plan: FoldPlan,
    *,
    learn: Learn = fold_artefacts,
    folds: Sequence[Fold] | None = None,
    seed: int = 7,
) -> tuple[TrainingFault, ...]:
    """Return what folds learn from beyond their training rows.

    Parameters
    ----------
    entry : TrainingEntry
    samples : TrainingSet
    plan : FoldPlan
        Says which rows may train each fold.
    learn : callable
        The procedure; the one that goes live by default.
    folds : sequence of Fold, optional
        Those to look at; all by default.
    seed : int
        Of the alterations.

    Notes
    -----
    Each fold is learned three times: from all samples, with features, labels and returns altered wherever they may not
    train it, and with every sample after its last training row gone.
    """
    faults = []
    for fold in plan.folds if folds is None else folds:
        places = np.union1d(plan.train_samples(fold, samples), plan.validation_samples(fold, samples))
        rng = np.random.default_rng([seed, fold.index])
        honest = learn(entry, samples, plan, fold)
        others = {"altered": altered_outside(entry, samples, places, rng), "cut off": cut_after(samples, places)}
        for how, other in others.items():
            changed = different_parts(honest, learn(entry, other, plan, fold))
            if changed:
                what = f"{', '.join(changed)} changed when the rows it must not see were {how}"
                faults.append(TrainingFault("unseen_rows", f"fold {fold.index + 1}", what))
    return tuple(faults)


def altered_outside(
    entry: TrainingEntry, samples: TrainingSet, places: NDArray[np.int64], rng: np.random.Generator
) -> TrainingSet:
    """Return the samples with everything altered that is not at `places`; what is unknown stays unknown."""
    unseen = np.ones(len(samples), dtype=bool)
    unseen[places] = False
    others = samples.with_other_outcomes(unseen).others
    features, labels, returns = samples.features.copy(), samples.labels.copy(), samples.returns.copy()
    count = int(unseen.sum())
    features[unseen] = features[unseen][rng.permutation(count)][:, ::-1] * -OUTLIER + rng.standard_normal(
        (count, features.shape[1])
    )
    returns[unseen] = -OUTLIER * returns[unseen][::-1]
    known = unseen & np.isfinite(labels)
    if entry.target.is_classification:
        classes = max(2, len(entry.target.spec.classes))
        labels[known] = (labels[known] + 1) % classes
    else:
        labels[known] = labels[known] * -OUTLIER + rng.standard_normal(int(known.sum()))
    return replace(samples, features=features, labels=labels, returns=returns, others=others)


def cut_after(samples: TrainingSet, places: NDArray[np.int64]) -> TrainingSet:
    """Return the samples up to the last of `places`."""
    end = int(places.max()) + 1
    parts = ("features", "labels", "returns", "row", "column", "end_row")
    others = {name: other.at(slice(0, end)) for name, other in samples.others.items()}
    return replace(samples, others=others, **{name: getattr(samples, name)[:end] for name in parts})


def different_parts(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Return the names of what is not the same bytes."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def label_faults(
    make: Callable[[Panel], LabelPanel], panel: Panel, rows: Sequence[int], random: np.random.Generator
) -> tuple[TrainingFault, ...]:
    """Return where labels reach beyond the bar they name as their last, or begin before their decision can fill.

    Parameters
    ----------
    make : callable
        Labels of a panel.
    rows : sequence of int
        Bars t at which to look, inside the panel.

    Notes
    -----
    The end: bars from t on are altered; labels that name an earlier end must stay. Purging trusts that name.
    The beginning: prices up to and with bar t are doubled, as by a split overnight. What an order decided at the close
    of t earns is made after that, so the label of t must stay; one that begins at the close or open of t itself does
    not. Deviations and ranges of the past are ratios and do not mind.
    """
    faults = []
    whole = make(panel)
    for row in rows:
        later = make(disturbed(panel, slice(row, None), slice(None), random))
        ended = (whole.end_row < row) & np.isfinite(whole.values)
        wrong = ended & is_other(whole.values, later.values)
        if wrong.any():
            faults.append(_at("label_end", panel, wrong, "a label changed with bars after the last it says it uses"))
        doubled = make(doubled_until(panel, row))
        wrong = np.zeros(whole.values.shape, dtype=bool)
        # a difference of two logarithms may lose its last bit
        wrong[row] = ~np.isclose(whole.values[row], doubled.values[row], rtol=1e-9, atol=0.0, equal_nan=True)
        if wrong.any():
            what = "a label changed with the level of prices before its decision could fill: part of it was known"
            faults.append(_at("label_begin", panel, wrong, what))
    return tuple(faults)


def doubled_until(panel: Panel, row: int) -> Panel:
    """Return the panel with prices doubled up to and with `row`; a power of two leaves every ratio its bits."""
    fields = {name: values.copy() for name, values in panel.fields.items()}
    for name in ("open", "high", "low", "close"):
        fields[name][: row + 1] *= 2.0
    return Panel(panel.timeline, panel.symbols, fields)


def preparation_faults(
    build: Build, panel: Panel, members: Flags, rows: Sequence[int], random: np.random.Generator
) -> tuple[TrainingFault, ...]:
    """Return where samples know later bars, or who will belong to the universe.

    Parameters
    ----------
    build : callable
        Makes the samples of a panel and a membership, bool [T, N].
    rows : sequence of int
        Bars t at which the future is changed: once the bars from t on, once the membership from t on, once the symbols
        that join at t or later, which are gone as if nobody had ever thought of them. Samples before t must stay, their
        labels as far as they have ended.
    """
    faults = []
    whole = build(panel, members)
    for row in rows:
        worlds = [
            ("future", "the bars after it", disturbed(panel, slice(row, None), slice(None), random), members),
            ("membership", "who belongs to the universe after it", panel, other_members(members, row)),
        ]
        joins = members.any(axis=0) & ~members[:row].any(axis=0)
        if joins.any():
            gone = np.broadcast_to(joins, members.shape)
            worlds.append(("membership", "who joins the universe after it", without_bars(panel, gone), members & ~gone))
        for proof, cause, bars, belonging in worlds:
            what = changed_past(whole, build(bars, belonging), row)
            if what:
                faults.append(TrainingFault(proof, f"before {instant(panel, row)}", f"{what} changed with {cause}"))
    return tuple(faults)


def other_members(members: Flags, row: int) -> Flags:
    """Return another future of the universe: from `row` on who was in is out, and who was out is in."""
    other = members.copy()
    other[row:] = ~other[row:]
    return other


def changed_past(one: TrainingSet, other: TrainingSet, row: int) -> str:
    """Return what of the samples before `row` is not the same, in words; empty when all is."""
    pasts = [s.between(0, row) for s in (one, other)]
    a, b = pasts
    places = [(s.row[part], s.column[part]) for s, part in zip((one, other), pasts, strict=True)]
    if a != b or not all(np.array_equal(x, y) for x, y in zip(*places, strict=True)):
        return "the choice of samples"
    wrong = is_other(one.features[a], other.features[b]).any(axis=0)
    if wrong.any():
        named = [one.names[i] for i in np.flatnonzero(wrong)]
        return f"{', '.join(named[:3])}" + (f" and {len(named) - 3} more features" if len(named) > 3 else "")
    ended = one.end_row[a] < row
    for name in ("labels", "returns"):
        x, y = getattr(one, name)[a][ended], getattr(other, name)[b][ended]
        if is_other(x, y).any():
            return name
    return ""


def instant(panel: Panel, row: int) -> str:
    """Return the start of a bar as people read it."""
    return f"{from_micros(int(panel.timeline.ts_event[row])):%Y-%m-%d %H:%M} UTC"


def _at(proof: str, panel: Panel, wrong: NDArray[np.bool_], what: str) -> TrainingFault:
    row, column = (int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return TrainingFault(proof, f"{panel.symbols[column]} {instant(panel, row)}", what)
