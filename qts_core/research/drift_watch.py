"""Whether features have moved away from what a model was trained on, month by month (specification 13).

One verdict for all who ask: the check of each feature group, the page of a month, and the retraining sensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from qts_core.config.monitoring import DriftSettings
from qts_core.features import Catalogue
from qts_core.features.drift import DriftReference, FeatureDrift, compare, reference_of
from qts_core.market.panel import Floats
from qts_core.models.bundle import DRIFT_REFERENCE
from qts_core.ports.lake import LakePort
from qts_core.research.feature_months import feature_table
from qts_core.research.feature_quality import SAMPLED_ROWS, sampled

__all__ = [
    "DriftVerdict",
    "DriftWatch",
    "drift_verdict",
    "judged_names",
    "load_drift",
    "load_drift_reference",
    "save_drift",
    "save_drift_reference",
]

MONTHS_BEFORE = 12
"""Months that a month is compared with when no model was trained: a whole year, so that seasons are in it."""
KNOWN_AHEAD = "time_"
"""Features of the calendar: their course is known for years, so they do not drift."""
MONTHS = "the {} months before"
DRIFT = "feature_drift"
"""Lake table of verdicts: a row for each feature, the farthest first."""
DRIFT_COLUMNS = {
    "name": pl.String(),
    "samples": pl.Int64(),
    **dict.fromkeys(("psi", "ks", "ks_p", "missing", "missing_before"), pl.Float64()),
}


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """What came of comparing some features of one month with their reference.

    Attributes
    ----------
    month : str
    against : str
        What they were compared with.
    features : tuple of FeatureDrift
        Farthest first; those without values on either side stand last.
    threshold : float
        Stability index from which a feature has drifted.
    most : float
        Share of drifted features from which the whole has.
    is_judged : bool
        Whether there were rows enough.
    """

    month: str
    against: str
    features: tuple[FeatureDrift, ...]
    threshold: float
    most: float
    is_judged: bool

    @property
    def drifted(self) -> tuple[FeatureDrift, ...]:
        """Those beyond the threshold, farthest first."""
        return tuple(each for each in self.features if each.psi >= self.threshold)

    @property
    def share(self) -> float:
        """Share of the features compared that have drifted; 0 when none could be."""
        compared = sum(np.isfinite(each.psi) for each in self.features)
        return len(self.drifted) / compared if compared else 0.0

    @property
    def has_drifted(self) -> bool:
        """Whether so many features have drifted that something should be done."""
        return self.is_judged and self.share >= self.most

    @property
    def reason(self) -> str:
        """One line for people: how many drifted, against what, and the worst."""
        if not self.is_judged:
            return f"{self.month} has too few rows, or nothing to be compared with"
        if not self.features:
            return "not judged: the course of the calendar is known ahead"
        line = f"{len(self.drifted)} of {len(self.features)} features moved from {self.against} in {self.month}"
        if not self.drifted:
            return line
        return f"{line}, farthest {self.drifted[0].name} with a stability index of {self.drifted[0].psi:.2f}"

    def of(self, names: Sequence[str]) -> DriftVerdict:
        """Return the verdict on the part of `names`."""
        wanted = set(names)
        kept = tuple(each for each in self.features if each.name in wanted)
        return DriftVerdict(self.month, self.against, kept, self.threshold, self.most, self.is_judged)


def save_drift_reference(lake: LakePort, model: str, files: Mapping[str, bytes]) -> None:
    """Keep what the features of a model's newest training looked like, out of its bundle's `files`."""
    if DRIFT_REFERENCE in files:
        lake.write_blob(_blob(model), files[DRIFT_REFERENCE])


def load_drift_reference(lake: LakePort, model: str) -> DriftReference | None:
    """Return what the features of a model's newest training looked like; None if it was never trained."""
    return DriftReference.from_json(lake.read_blob(_blob(model))) if lake.has_blob(_blob(model)) else None


def judged_names(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the features that can drift: all but those of the calendar, known ahead."""
    return tuple(name for name in catalogue.names if not name.startswith(KNOWN_AHEAD))


class DriftWatch:
    """Compares months with what they are compared with: the training of a model where it saw the feature, else the
    months before.

    Parameters
    ----------
    lake : LakePort
    catalogue : Catalogue
    model : str or None
        Key in models.yaml whose newest training counts; None compares with the months before alone.
    settings : DriftSettings

    Notes
    -----
    Of each month before, a few hundred rows count. Those of months that pass through :meth:`remember` are kept, others
    are read from the lake.
    """

    def __init__(self, lake: LakePort, catalogue: Catalogue, model: str | None, settings: DriftSettings) -> None:
        self._lake, self._table, self._settings = lake, feature_table(catalogue), settings
        self._names = catalogue.names
        trained = None if model is None else load_drift_reference(lake, model)
        judged = judged_names(catalogue)
        self._trained = {} if trained is None else {f"the training of {model}": _part(trained, judged)}
        seen = {name for part in self._trained.values() for name in part.names}
        self._others = tuple(name for name in judged if name not in seen)
        self._kept: dict[str, Floats] = {}

    def remember(self, month: str, frame: pl.DataFrame) -> None:
        """Keep what later months need of `month`."""
        if self._others:
            self._kept[month] = sampled(frame, self._others, SAMPLED_ROWS // MONTHS_BEFORE)

    def judge(self, month: str, values: Floats, rows: int) -> DriftVerdict:
        """Compare a month.

        Parameters
        ----------
        values : float64 [R, F]
            Sampled rows (:func:`~qts_core.research.feature_quality.sampled`), a column for each feature.
        rows : int
            Of the whole month.
        """
        return _judged(month, values, self._names, self._references(month), rows, self._settings)

    def _references(self, month: str) -> dict[str, DriftReference]:
        before = [m for m in self._lake.months(self._table) if m < month][-MONTHS_BEFORE:]
        if not self._others or not before:
            return self._trained
        for earlier in before:
            if earlier not in self._kept:
                self.remember(earlier, self._lake.read_month(self._table, earlier))
        together = np.concatenate([self._kept[m] for m in before])
        return {**self._trained, MONTHS.format(len(before)): reference_of(together, self._others)}


def save_drift(lake: LakePort, catalogue: Catalogue, verdict: DriftVerdict) -> None:
    """Keep the verdict on a month; it is told again by :func:`load_drift`."""
    rows = pl.DataFrame([asdict(each) for each in verdict.features], schema=DRIFT_COLUMNS)
    told = {
        "catalogue": catalogue.hash, "against": verdict.against, "threshold": repr(verdict.threshold),
        "most": repr(verdict.most), "is_judged": str(verdict.is_judged),
    }  # fmt: skip
    lake.write_month(DRIFT, verdict.month, rows.fill_nan(None), lineage=told)


def load_drift(lake: LakePort, catalogue: Catalogue, month: str) -> DriftVerdict | None:
    """Return the verdict on a month of the features of `catalogue`; None if it was not made."""
    stored = lake.partition(DRIFT, month)
    if stored is None or stored.lineage["catalogue"] != catalogue.hash:
        return None
    told, rows = stored.lineage, lake.read_month(DRIFT, month).fill_null(float("nan"))
    return DriftVerdict(
        month, told["against"], tuple(FeatureDrift(**row) for row in rows.iter_rows(named=True)),
        float(told["threshold"]), float(told["most"]), told["is_judged"] == "True",
    )  # fmt: skip


def drift_verdict(lake: LakePort, catalogue: Catalogue, model: str, settings: DriftSettings) -> DriftVerdict | None:
    """Say whether the newest month of features has moved away from the newest training of `model`.

    Parameters
    ----------
    lake : LakePort
    catalogue : Catalogue
        Whose features are kept.
    model : str
        Key in models.yaml.
    settings : DriftSettings
        From where on a feature, and the whole, have drifted.

    Returns
    -------
    DriftVerdict or None
        On the features that the model reads; None if it was never trained or no features are stored.
    """
    reference, months = load_drift_reference(lake, model), lake.months(feature_table(catalogue))
    if reference is None or not months:
        return None
    frame = lake.read_month(feature_table(catalogue), months[-1])
    kept = _part(reference, judged_names(catalogue))
    against = {f"the training of {model}": kept} if kept.names else {}
    return _judged(months[-1], sampled(frame, kept.names), kept.names, against, frame.height, settings)


def _judged(
    month: str, values: Floats, names: Sequence[str], references: Mapping[str, DriftReference], rows: int,
    settings: DriftSettings,
) -> DriftVerdict:  # fmt: skip
    found = [each for part in references.values() for each in compare(part, values, names)]
    found.sort(key=lambda each: (np.isnan(each.psi), -each.psi, each.name))
    return DriftVerdict(
        month, " and ".join(references) or "nothing", tuple(found), settings.psi_threshold, settings.max_drifted_share,
        is_judged=rows >= settings.min_rows and bool(found),
    )  # fmt: skip


def _part(reference: DriftReference, names: Sequence[str]) -> DriftReference:
    """Return the part of a reference that is about `names`; those it does not know are left out."""
    wanted = set(names)
    at = [index for index, name in enumerate(reference.names) if name in wanted]
    return DriftReference(
        tuple(reference.names[index] for index in at), reference.samples, reference.quantiles[at],
        reference.shares[at], reference.missing[at],
    )  # fmt: skip


def _blob(model: str) -> str:
    return f"training/{model}_drift_reference.json"
