"""What the page of a feature group shows of one month: gaps, spread, drift, and which features say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
import numpy as np

from qts_core.features import FeatureSpec
from qts_core.market.panel import Floats
from qts_core.report.figures import bar_chart, correlation_map
from qts_core.report.formats import percent
from qts_core.research.drift_watch import DriftVerdict
from qts_core.research.feature_quality import (
    MissingValues,
    correlations,
    most_alike,
    neighbours_first,
    spread,
)
from qts_dagster.lib.metadata import Metadata, image, number, table

__all__ = ["CloseLook", "drift_rows", "group_description", "look_metadata", "missing_metadata"]

SHOWN = 20
ALIKE = 10


@dataclass(frozen=True, slots=True, eq=False)
class CloseLook:
    """What pictures of one month are made of.

    Attributes
    ----------
    names : tuple of str
    values : float64 [R, F]
        Sampled rows.
    drift : DriftVerdict
    """

    names: tuple[str, ...]
    values: Floats
    drift: DriftVerdict


def group_description(group: str, sentence: str, specs: Sequence[FeatureSpec]) -> str:
    """Return what an asset of a feature group says of itself: its sentence, its features and how to read them."""
    longest = max(specs, key=lambda spec: spec.warm_up_bars)
    rows = "\n".join(f"- `{spec.name}` {spec.doc}" for spec in specs)
    return (
        f"{sentence}\n\n{len(specs)} features by symbol and bar; the longest warm-up is {longest.warm_up_bars} bars "
        f"(`{longest.name}`). `qts features list --group {group}` shows them, `qts features explain NAME` one of them."
        f"\n\n{rows}"
    )


def missing_metadata(missing: MissingValues) -> Metadata:
    """Return the numbers of every month: they are drawn over months."""
    beyond = missing.beyond[np.isfinite(missing.beyond)]
    return {
        "features": number(len(missing.names)),
        "missing_share": number(float(missing.missing.mean()) if len(missing.names) else 0.0),
        "missing_beyond_warm_up": number(float(beyond.mean()) if len(beyond) else 0.0),
        "infinite": number(int(missing.infinite.sum())),
    }


def look_metadata(look: CloseLook, missing: MissingValues) -> Metadata:
    """Return the pictures of a group in one month."""
    place = {name: index for index, name in enumerate(look.names)}
    values = look.values[:, [place[name] for name in missing.names]]
    drift = look.drift.of(missing.names)
    return {
        "missing_by_feature": _missing_picture(missing),
        **_drift_metadata(drift),
        **_correlation_metadata(values, missing.names),
        "spread": table(list(spread(values, missing.names))),
    }


def drift_rows(drift: DriftVerdict) -> list[dict[str, str | float]]:
    """Return the features that moved farthest, as rows of a table."""
    return [
        {
            "feature": each.name,
            "stability_index": each.psi,
            "ks": each.ks,
            "missing": each.missing,
            "missing_before": each.missing_before,
        }
        for each in drift.features[:SHOWN]
    ]


def _missing_picture(missing: MissingValues) -> dg.MetadataValue:
    order = [int(index) for index in np.argsort(-missing.missing, kind="stable") if missing.missing[index] > 0]
    worst = order[:SHOWN]
    if not worst:
        return number("none: every bar has a value of every feature")
    drawing = bar_chart(
        [missing.names[index] for index in worst], missing.missing[worst], title="Share of bars without a value",
        value_format=percent,
    )  # fmt: skip
    caption = f"Share of bars without a value: the emptiest {len(worst)} of {len(missing.names)} features."
    return image(drawing, caption)


def _drift_metadata(drift: DriftVerdict) -> Metadata:
    told: Metadata = {"drift": number(drift.reason)}
    judged = [each for each in drift.features if np.isfinite(each.psi)]
    if not drift.is_judged or not judged:
        return told
    worst = judged[:SHOWN]
    drawing = bar_chart(
        [each.name for each in worst], [each.psi for each in worst], title="Population stability index",
        mark=drift.threshold,
    )  # fmt: skip
    caption = (
        f"Population stability index against {drift.against}; beyond the dashed line at {drift.threshold:g} a feature "
        "has moved."
    )
    return {
        **told,
        "drifted_share": number(drift.share),
        "largest_stability_index": number(judged[0].psi),
        "drift_by_feature": image(drawing, caption),
    }


def _correlation_metadata(values: Floats, names: tuple[str, ...]) -> Metadata:
    if len(names) < 2:
        return {}
    matrix = correlations(values)
    order = neighbours_first(matrix)
    drawing = correlation_map([names[i] for i in order], matrix[np.ix_(order, order)], title="Rank correlations")
    caption = "Spearman's correlation of each pair; features that say the same stand beside each other."
    return {
        "correlations": image(drawing, caption),
        "most_alike": table(most_alike(matrix, names, ALIKE)),
    }
