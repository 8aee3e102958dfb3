"""How sure a model says it is, and when it keeps silent: the part `uncertainty` of an entry in models.yaml (9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, Section

__all__ = ["AbstainSettings", "UncertaintySettings", "uncertainty_contradictions"]

FOLLOWED = ("return", "relative_return", "direction")
"""Targets whose outcome the decision path can tell from bars."""
Rate = Annotated[float, Field(gt=0, le=0.1)]
FEWEST_RATES = 2
GroupName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class AbstainSettings(Section):
    """When a model has no opinion of a symbol at a bar; every rule is off by default."""

    interval: bool = False
    """Whether it has none where the interval holds zero."""
    sets: bool = False
    """Whether it has none where the set holds classes that rise and classes that do not, or none at all."""
    max_disagreement: Annotated[float, Field(gt=0)] | None = None
    """Most that members of an ensemble may differ, standard deviation of their scores, ratio of return."""
    min_confidence: Fraction | None = None
    """Least probability of the likeliest class, fraction; of a classifier."""

    @property
    def is_active(self) -> bool:
        """Whether any rule is on."""
        return self.interval or self.sets or self.max_disagreement is not None or self.min_confidence is not None


class UncertaintySettings(Section):
    """Calibration, conformal intervals and abstention of one model; all off by default."""

    calibration: Literal["none", "platt", "isotonic"] = "none"
    """How class probabilities are corrected: a sigmoid (few samples suffice) or rising steps (any shape)."""
    calibrate_on: Literal["tail", "inner"] = "tail"
    """Samples that probabilities, intervals and sets are fitted on: the last part of the training rows, which the model
    then does not learn from, or predictions of inner purged folds, which leave the model all rows but promise less."""
    calibration_share: Annotated[float, Field(ge=0.02, le=0.5)] = 0.2
    """Share of the training rows in the tail."""
    intervals: Literal["none", "split"] = "none"
    """Interval of the return around each score, by split conformal prediction."""
    sets: Literal["none", "lac", "aps"] = "none"
    """Set of classes of a classifier: least ambiguous, or adaptive to how sure the model is."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Share of outcomes that intervals and sets promise to hold, fraction."""
    scale: Annotated[str, Field(pattern=r"^[a-z0-9_]*$")] = ""
    """What intervals widen with: a feature that the model sees, such as a volatility, `disagreement` of an ensemble's
    members, or nothing."""
    groups: dict[GroupName, tuple[str, ...]] = Field(default_factory=dict)
    """Symbols whose intervals and sets are calibrated by themselves, by name of the group; the others together."""
    adaptive_rate: Annotated[float, Field(ge=0, le=0.1)] = 0.0
    """How fast the level follows what came, once labels have ended; 0 = it stays. 0.005 forgets in some 200 bars."""
    adaptive_rates: tuple[Rate, ...] = ()
    """Rates of which what comes chooses, in place of one `adaptive_rate`, such as 0.001, 0.004, 0.016."""
    adaptive_memory_bars: Annotated[int, Field(ge=20, le=100_000)] = 500
    """Bars over which the best of `adaptive_rates` may change."""
    abstain: AbstainSettings = AbstainSettings()
    """When the model has no opinion."""

    @property
    def is_active(self) -> bool:
        """Whether anything is on."""
        return self != UncertaintySettings()

    @property
    def is_conformal(self) -> bool:
        """Whether intervals or sets are given."""
        return self.intervals != "none" or self.sets != "none"

    @property
    def is_fitted(self) -> bool:
        """Whether something has to be fitted on samples that the model did not learn from."""
        return self.calibration != "none" or self.is_conformal


def uncertainty_contradictions(
    chosen: UncertaintySettings, *, is_classifier: bool, target: str, horizon_bars: int, where: str
) -> Iterator[str]:
    """Yield one sentence for each setting that contradicts another, or that nothing would read."""
    needs = f"but {where.removesuffix('.uncertainty')}.task is regression; it needs classes"
    for name in ("calibration", "sets"):
        if getattr(chosen, name) != "none" and not is_classifier:
            yield f"{where}.{name} is {getattr(chosen, name)} {needs}"
    if chosen.abstain.min_confidence is not None and not is_classifier:
        yield f"{where}.abstain.min_confidence is set {needs}"
    for rule, source in (("interval", "intervals"), ("sets", "sets")):
        if getattr(chosen.abstain, rule) and getattr(chosen, source) == "none":
            yield f"{where}.abstain.{rule} is true but {where}.{source} is none"
    if chosen.scale and chosen.intervals == "none":
        yield f"{where}.scale is {chosen.scale} but {where}.intervals is none"
    if chosen.groups and not chosen.is_conformal:
        yield f"{where}.groups are given but neither intervals nor sets are"
    named = [symbol for members in chosen.groups.values() for symbol in members]
    for symbol in sorted({s for s in named if named.count(s) > 1}):
        yield f"{where}.groups name {symbol} twice; a symbol is in one group"
    yield from _rates(chosen, target, horizon_bars, where)


def _rates(chosen: UncertaintySettings, target: str, horizon_bars: int, where: str) -> Iterator[str]:
    rates = chosen.adaptive_rates
    if chosen.adaptive_rate:
        said = f"{where}.adaptive_rate is {chosen.adaptive_rate:g}"
        if rates:
            yield f"{said} but {where}.adaptive_rates are given; one of the two"
        yield from _adaptive(chosen, chosen.adaptive_rate, target, horizon_bars, said)
    if rates:
        said = f"{where}.adaptive_rates are {', '.join(f'{rate:g}' for rate in rates)}"
        if len(set(rates)) < max(len(rates), FEWEST_RATES):
            yield f"{said} but there must be two or more, each once; of a single one use adaptive_rate"
        yield from _adaptive(chosen, max(rates), target, horizon_bars, said)


def _adaptive(
    chosen: UncertaintySettings, fastest_rate: float, target: str, horizon_bars: int, said: str
) -> Iterator[str]:
    if not chosen.is_conformal:
        yield f"{said} but neither intervals nor sets are given"
    if target.rpartition("_")[0] not in FOLLOWED:
        yield f"{said} but the decision path does not follow the outcome of {target}; use {', '.join(FOLLOWED)}"
    if fastest_rate * (horizon_bars + 1) > 1.0:
        fastest = 1.0 / (horizon_bars + 1)
        yield f"{said} but outcomes come {horizon_bars + 1} bars late; above {fastest:.2g} the level would swing"
