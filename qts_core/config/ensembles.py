"""How models are combined: `ensemble:` of models.yaml, for all entries of `type: ensemble` or for one (spec. 9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, Section

if TYPE_CHECKING:
    from qts_core.config.models import ModelsSettings

__all__ = ["EnsembleSettings", "RegimeName", "RegimeSettings", "entry_contradictions"]

ENSEMBLE = "ensemble"

RegimeName = Literal["trending", "mean_reverting", "high_volatility", "low_volatility"]
Gate = Annotated[float, Field(ge=0, le=1)]


class RegimeSettings(Section):
    """How the market's regime is told and what it changes; of the method `regime`."""

    detector: Literal["hmm", "thresholds", "classifier"] = "hmm"
    """Hidden Markov model read by its filter, rolling thresholds, or a classifier of the regime ahead."""
    volatility_feature: str = "tech_hvol_20_std"
    """Feature whose mean over the symbols is the market's volatility."""
    trend_feature: str = "tech_adx_14_raw"
    """Feature whose mean over the symbols is the strength of the market's trend."""
    window_bars: Annotated[int, Field(ge=26, le=1560)] = 390
    """Bars that a detector looks back; the daemon is warm with 1,560."""
    preferred: dict[RegimeName, tuple[str, ...]] = Field(default_factory=dict)
    """Members that lead in a regime, such as momentum models when trending; the others keep their floor. Default: by
    performance in the regime."""
    gates: dict[RegimeName, Gate] = Field(default_factory=dict)
    """Factor on the score in a regime, 0 to 1: high volatility 0.5 halves it. Default 1."""


class EnsembleSettings(Section):
    """How models are combined."""

    method: Literal["stacking", "blending", "averaging", "voting", "regime", "adaptive"] = "stacking"
    """How members' scores become one: by a learner on out-of-fold scores or on a hold-out tail, a mean, votes, weights
    by the market's regime, or weights by recent performance."""
    meta_learner: Literal["ridge", "linear", "xgboost"] = "ridge"
    """Learner of `stacking` and `blending`."""
    meta_alpha: Annotated[float, Field(gt=0, le=1e9)] = 10.0
    """Penalty of the ridge on standardised inputs."""
    meta_features: tuple[str, ...] = ()
    """Names or patterns of features that the learner sees beside the members' scores."""
    averaging: Literal["mean", "weighted", "trimmed_mean", "median"] = "weighted"
    """Mean of `averaging`."""
    trim_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.2
    """Share of the members that `trimmed_mean` leaves out at each end."""
    voting: Literal["hard", "soft"] = "soft"
    """Votes of `voting`: one each, or by probability."""
    vote_weights: Literal["equal", "weighted", "per_class"] = "equal"
    """What votes weigh: the same, by `weights_method`, or by how often a member's calls of that class were right."""
    weights_method: Literal["equal", "sharpe_weighted", "ic", "inverse_variance", "optimised"] = "sharpe_weighted"
    """Weights of a mean, of votes, of regimes and of recent performance, from out-of-fold scores; a stack's learner
    finds its own."""
    weight_floor: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Smallest weight of a member, fraction."""
    keep_best: Annotated[int, Field(ge=1, le=100)] | None = None
    """Members kept, those that did best recently; default all."""
    half_life_sessions: Annotated[float, Field(gt=0, le=10_000)] = 20.0
    """Of `adaptive` and `keep_best`: sessions after which performance counts half."""
    inner_folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Purged folds within the training rows that give out-of-fold scores."""
    blend_share: Annotated[float, Field(gt=0, lt=0.9)] = 0.2
    """Share of the training rows, the last ones, that `blending` learns from."""
    min_agreement: Fraction = 0.6
    """Share of members that must agree on the sign, fraction; with fewer there is no opinion."""
    regime: RegimeSettings = RegimeSettings()
    """Of the method `regime`."""


def entry_contradictions(models: ModelsSettings) -> Iterator[str]:
    """Yield one sentence for each ensemble that cannot be one, and for members of what is none."""
    for key, model in models.models.items():
        where = f"models.models.{key}"
        if model.type != ENSEMBLE:
            if model.members or model.ensemble is not None:
                yield f"{where} has members or ensemble but type is {model.type}, not ensemble"
            continue
        if len(model.members) < 2:
            yield f"{where}.type is ensemble but members has {len(model.members)}; it needs at least two"
        if model.task != "regression":
            yield f"{where}.type is ensemble but task is {model.task}; it foretells a return, task regression"
        for member in model.members:
            if member not in models.models:
                yield f"{where}.members names {member} but models.models has no such entry"
            elif models.models[member].type == ENSEMBLE:
                yield f"{where}.members names {member}, which is an ensemble itself"
        yield from _choices(model.ensemble or models.ensemble, model.members, where)


def _choices(chosen: EnsembleSettings, members: tuple[str, ...], where: str) -> Iterator[str]:
    count = len(members)
    if len(set(members)) < count:
        yield f"{where}.members names a model twice"
    if chosen.weight_floor * count > 1:
        floor = f"{chosen.weight_floor:g}"
        yield f"{where}.ensemble.weight_floor is {floor} but there are {count} members; together above 1"
    if chosen.keep_best is not None and chosen.keep_best > count:
        yield f"{where}.ensemble.keep_best is {chosen.keep_best} but there are {count} members"
    for regime, led in chosen.regime.preferred.items():
        if unknown := sorted(set(led) - set(members)):
            yield f"{where}.ensemble.regime.preferred.{regime} names {', '.join(unknown)}, no member"
