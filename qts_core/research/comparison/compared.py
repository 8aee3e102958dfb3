"""What a comparison of two versions says, as plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from qts_core.report.comparison_inputs import Measure, plain

__all__ = ["Comparison", "GateRow", "Measure", "Side", "SpanComparison"]


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate as two versions met it, verdict and value; None where one was not judged by it."""

    name: str
    first: tuple[str, float] | None
    second: tuple[str, float] | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions.

    Attributes
    ----------
    model, version, semantic : str
    aliases : tuple of str
    bundle_sha256 : str
    trained_from, trained_until : str
        ISO instants of the samples that the live model was fitted on.
    target : str
    """

    model: str
    version: str
    semantic: str
    aliases: tuple[str, ...]
    bundle_sha256: str
    trained_from: str
    trained_until: str
    target: str

    @property
    def name(self) -> str:
        """Return ``"qts_lightgbm_return 3 (1.0.2, champion)"``."""
        more = ", ".join(part for part in (self.semantic, *self.aliases) if part)
        return f"{self.model} {self.version}" + (f" ({more})" if more else "")


@dataclass(frozen=True, slots=True)
class SpanComparison:
    """One fold, or all of them, by the bars of which both versions have an out-of-sample prediction.

    Attributes
    ----------
    name : str
    span : tuple of (str, str)
        First and last session, ISO.
    bars, sessions : int
    rank_ic : tuple of (Measure, Measure)
        Mean rank correlation with the outcome, of both.
    difference : Measure
        Of the second less the first, paired by session.
    hit_ratio, rmse : tuple of (float, float)
    """

    name: str
    span: tuple[str, str]
    bars: int
    sessions: int
    rank_ic: tuple[Measure, Measure]
    difference: Measure
    hit_ratio: tuple[float, float]
    rmse: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions, the first usually the champion.

    Attributes
    ----------
    folds : tuple of SpanComparison
        Of the second version's plan, less what the first has not predicted.
    overall : SpanComparison
    has_same_plan : bool
        Whether both were judged by the same fold plan.
    correlation : float
        Of the two versions' predictions, mean over bars of the rank correlation across symbols.
    parameters : mapping of str to (str, str)
        Choices of training that differ; empty text where one side has none.
    only_first, only_second, changed : tuple of str
        Features of one side alone, and those that both read but compute differently.
    gates : tuple of GateRow
    """

    first: Side
    second: Side
    folds: tuple[SpanComparison, ...]
    overall: SpanComparison
    has_same_plan: bool
    correlation: float
    parameters: Mapping[str, tuple[str, str]]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    changed: tuple[str, ...]
    gates: tuple[GateRow, ...]

    @property
    def verdict(self) -> str:
        """Return in one sentence what the paired difference shows."""
        found = self.overall.difference
        if math.isnan(found.value):
            return "there are too few common bars to say anything"
        if found.interval.low > 0:
            return f"{self.second.name} is better: rank correlation {found.text} higher on the same bars"
        if found.interval.high < 0:
            return f"{self.second.name} is worse: rank correlation {found.text} on the same bars"
        return f"no difference is shown: rank correlation {found.text} on the same bars"

    def to_json(self) -> dict[str, object]:
        """Return plain values; NaN as null."""
        content: dict[str, object] = json.loads(json.dumps(plain(asdict(self)), allow_nan=False))
        return {"verdict": self.verdict, **content}
