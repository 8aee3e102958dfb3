"""The whole way from bars and scores to one signal per symbol: alphas, orthogonal, combined, neutral (9.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from qts_core.alphas.base import Alpha
from qts_core.alphas.combining.combiner import ScoredCombiner, build_combiner
from qts_core.alphas.cross_section import RankAlpha
from qts_core.alphas.ml import MlAlpha, MlAlphaSettings
from qts_core.alphas.momentum import Breakout, CrossSectionalMomentum, TimeSeriesMomentum
from qts_core.alphas.neutraliser import Neutraliser
from qts_core.alphas.orthogonal import Orthogonalisation
from qts_core.alphas.orthogonaliser import Orthogonaliser
from qts_core.alphas.reversion import ResidualReversion, RsiReversion, ZScoreReversion
from qts_core.alphas.scoring import Scorecard
from qts_core.alphas.settings import AlphaKind, AlphaSettings, StageSettings
from qts_core.alphas.signal import Signals
from qts_core.market.bars import BarSlice
from qts_core.market.errors import ConfigurationError
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats

__all__ = ["AlphaStage", "build_alphas", "build_stage"]

State = Mapping[str, object]


class AlphaStage:
    """An alpha that is made of several.

    Parameters
    ----------
    settings : StageSettings
    ml : MlAlphaSettings
        Of alphas of kind `ml`.
    instruments : sequence of Instrument
        The N columns.
    """

    name = "stage"

    def __init__(self, settings: StageSettings, ml: MlAlphaSettings, instruments: Sequence[Instrument]) -> None:
        breadth = len(instruments)
        self.alphas = build_alphas(settings, ml, breadth)
        horizons = [alpha.horizon_bars for alpha in self.alphas]
        self.horizon_bars = max(horizons)
        self.combiner = build_combiner(settings.combiner, horizons, breadth)
        is_mixed = settings.orthogonal.method is not Orthogonalisation.NONE and len(horizons) > 1
        self.orthogonaliser = Orthogonaliser(settings.orthogonal, horizons, breadth) if is_mixed else None
        sectors = [instrument.sector for instrument in instruments]
        self.neutraliser = Neutraliser(settings.neutral, sectors) if settings.neutral.against else None
        self.heard: tuple[Signals, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the K alphas."""
        return tuple(alpha.name for alpha in self.alphas)

    @property
    def weights(self) -> Floats:
        """Weights in force, float64 [K]."""
        return self.combiner.weights

    @property
    def scores(self) -> Scorecard | None:
        """How the alphas did; None where nobody looks."""
        return self.combiner.card() if isinstance(self.combiner, ScoredCombiner) else None

    def update(self, bars: BarSlice, score: Floats) -> Signals:
        """Take one closed bar and the model's scores [N] of it, and return what is thought at its close."""
        heard = tuple(alpha.update(bars, score) for alpha in self.alphas)
        self.heard = heard
        if self.orthogonaliser is not None:
            heard = self.orthogonaliser.update(bars, heard)
        combined = self.combiner.update(bars, heard)
        return combined if self.neutraliser is None else self.neutraliser.update(bars, combined)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "alphas": {alpha.name: alpha.snapshot() for alpha in self.alphas},
            "combiner": self.combiner.snapshot(),
            **({} if self.neutraliser is None else {"neutral": self.neutraliser.snapshot()}),
            **({} if self.orthogonaliser is None else {"orthogonal": self.orthogonaliser.snapshot()}),
        }

    def restore(self, state: State) -> None:
        """Take up the state of :meth:`snapshot`."""
        alphas = cast(Mapping[str, State], state["alphas"])
        for alpha in self.alphas:
            alpha.restore(alphas[alpha.name])
        self.combiner.restore(cast(State, state["combiner"]))
        if self.neutraliser is not None:
            self.neutraliser.restore(cast(State, state["neutral"]))
        if self.orthogonaliser is not None:
            self.orthogonaliser.restore(cast(State, state["orthogonal"]))


def build_stage(settings: StageSettings, ml: MlAlphaSettings, instruments: Sequence[Instrument]) -> Alpha:
    """Return the fold from bars and scores to signals: one alpha as it is, or several combined.

    Raises
    ------
    ConfigurationError
        QTS-EXEC-045 if no weights satisfy the combiner's constraints, QTS-EXEC-046 if two alphas have one name or one
        has no horizon.
    """
    if settings.is_one_alpha:
        return build_alphas(settings, ml, len(instruments))[0]
    return AlphaStage(settings, ml, instruments)


def build_alphas(settings: StageSettings, ml: MlAlphaSettings, breadth: int) -> tuple[Alpha, ...]:
    """Return the alphas of `settings` on N symbols.

    Raises
    ------
    ConfigurationError
        QTS-EXEC-046 if there is none, two have one name, or one has no horizon.
    """
    names = [chosen.called for chosen in settings.alphas]
    twice = sorted({name for name in names if names.count(name) > 1})
    endless = [c.called for c in settings.alphas if c.horizon_bars < 1 and c.kind is not AlphaKind.ML]
    if twice or endless or not names:
        found, expected = (", ".join(twice), "names that differ") if twice else (", ".join(endless), "horizon_bars")
        raise ConfigurationError(
            "QTS-EXEC-046", "the alphas cannot be made", where="trading.alphas.members", found=found or "none",
            expected=expected, fix="give each alpha a name of its own and a horizon",
        )  # fmt: skip
    return tuple(_built(chosen, ml, breadth) for chosen in settings.alphas)


def _built(chosen: AlphaSettings, ml: MlAlphaSettings, breadth: int) -> Alpha:
    if chosen.kind is AlphaKind.ML:
        # Of another horizon: smoothed in the shipped proportion, half of it.
        horizon = chosen.horizon_bars
        own = replace(ml, expiry_bars=horizon, smoothing_bars=horizon // 2) if horizon else ml
        return MlAlpha(own, breadth, chosen.called)
    return MAKERS[chosen.kind](chosen, breadth)


Maker = Callable[[AlphaSettings, int], Alpha]

MAKERS: Mapping[AlphaKind, Maker] = MappingProxyType(
    {
        AlphaKind.TIME_SERIES_MOMENTUM: lambda c, n: TimeSeriesMomentum(
            c.called, c.horizon_bars, n, c.lookback, c.skip_bars
        ),
        AlphaKind.CROSS_SECTIONAL_MOMENTUM: lambda c, n: CrossSectionalMomentum(
            c.called, c.horizon_bars, n, c.lookback, c.skip_bars
        ),
        AlphaKind.BREAKOUT: lambda c, n: Breakout(c.called, c.horizon_bars, n, c.lookback),
        AlphaKind.Z_SCORE_REVERSION: lambda c, n: ZScoreReversion(c.called, c.horizon_bars, n, c.lookback),
        AlphaKind.RESIDUAL_REVERSION: lambda c, n: ResidualReversion(
            c.called, c.horizon_bars, n, max(c.lookback, RESIDUAL_LOOKBACK * c.horizon_bars), c.horizon_bars
        ),
        AlphaKind.RSI_REVERSION: lambda c, n: RsiReversion(
            c.called, c.horizon_bars, n, c.lookback_bars or WILDER_BARS
        ),
        AlphaKind.RANK: lambda c, n: RankAlpha(
            c.called, c.horizon_bars, n, c.lookback, ranked=c.ranked, is_reversed=c.is_reversed
        ),
    }
)  # fmt: skip
"""How each kind is made."""

WILDER_BARS = 14
"""Wilder's own period."""

RESIDUAL_LOOKBACK = 5
"""Least number of horizons in the window of the residuals' beta."""
