"""Which alphas trade beside the model's and how they are combined: the part `alphas` of trading.yaml (9.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["AlphaMember", "AlphasSettings", "CombinerSection", "NeutralSection", "OrthogonalSection"]

Bars = Annotated[int, Field(ge=1, le=10_000)]


class AlphaMember(Section):
    """One alpha."""

    kind: Literal[
        "ml", "time_series_momentum", "cross_sectional_momentum", "breakout", "z_score_reversion",
        "residual_reversion", "rsi_reversion", "rank",
    ] = "ml"  # fmt: skip
    """Its family and member."""
    name: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,31})?$")] = ""
    """By which it is scored and weighed; empty = its kind. Names differ."""
    horizon_bars: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Bars for which an opinion stands: 1 to 4 is short, to 20 medium, more long; `ml` may leave it out."""
    lookback_bars: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Bars it looks back; 0 = 26, 130 or 520 by its horizon."""
    skip_bars: Annotated[int, Field(ge=0, le=1_000)] = 0
    """Of momentum: newest bars left out."""
    ranked: Literal["score", "return", "volatility", "dollar_volume"] = "score"
    """Of `rank`: what symbols are ranked by."""
    is_reversed: bool = False
    """Of `rank`: whether the smallest is the best."""


class CombinerSection(Section):
    """How much each alpha counts."""

    weighting: Literal["equal", "ic", "sharpe", "inverse_volatility", "maximum_sharpe", "performance"] = "equal"
    """What weights are made of; all but `equal` from scored past signals."""
    window_bars: Bars = 1300
    """Rolling window of scores."""
    minimum_scores: Bars = 260
    """Scores an alpha needs before it has a figure of its own; until then it counts as an average one."""
    every_bars: Bars = 26
    """Bars between two settings of the weights."""
    loss_trigger: Fraction = 0.0
    """Combined loss since weights were set at which they are set early, fraction; 0 = never."""
    learning_rate: Annotated[float, Field(ge=0, le=10)] = 0.5
    """Of `performance`: what a t-statistic of one more is worth, in logarithms."""
    is_regime_conditional: bool = False
    """Whether scores are those of signals given in the present regime, where there are enough."""
    regime_bars: Bars = 1300
    """Bars among which volatility and trend are ranked for the regime."""
    total: OpenFraction = 1.0
    """Sum of the weights."""
    max_weight: OpenFraction = 1.0
    """Largest weight."""
    max_turnover: Annotated[float, Field(gt=0, le=2)] = 2.0
    """Largest sum of changes when weights are set anew; 2 allows everything."""
    max_concentration: OpenFraction = 1.0
    """Largest sum of squared shares; 1 allows everything."""
    shrinkage: Fraction = 0.1
    """Of `maximum_sharpe`: how far covariances are shrunk towards zero."""
    solver: Literal["scipy", "clarabel", "cvxpy"] = "scipy"
    """Of `maximum_sharpe`."""


class OrthogonalSection(Section):
    """What is done about alphas that overlap."""

    method: Literal["none", "pca", "gram_schmidt", "drop", "information"] = "none"
    """`drop` and `information` prefer what had the better information coefficient."""
    window_bars: Bars = 1300
    """Bars over which alphas are compared."""
    minimum_bars: Bars = 260
    """Bars before anything is done."""
    every_bars: Bars = 130
    """Bars between two comparisons."""
    threshold: Fraction = 0.05
    """Share of variance (`pca`, `gram_schmidt`) or information coefficient (`information`) that is too little, or
    correlation (`drop`) that is too much."""


class NeutralSection(Section):
    """What the combined signals are made neutral against."""

    against: tuple[Literal["market", "sector", "beta", "factor"], ...] = ()
    """All at once; empty = nothing."""
    lookback_bars: Bars = 520
    """Bars from which betas and factors are known."""


class AlphasSettings(Section):
    """Which alphas there are and what becomes of their signals."""

    members: tuple[AlphaMember, ...] = (AlphaMember(),)
    """The alphas; the model's alone as shipped."""
    combiner: CombinerSection = CombinerSection()
    """How much each counts."""
    orthogonal: OrthogonalSection = OrthogonalSection()
    """What is done about overlap."""
    neutral: NeutralSection = NeutralSection()
    """What signals are made neutral against."""
