"""Which alphas there are and what becomes of their signals; the default is the model's alone (specification 9.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from qts_core.alphas.base import Horizon, horizon_of
from qts_core.alphas.combining.settings import CombinerSettings
from qts_core.alphas.cross_section import Ranked
from qts_core.alphas.neutraliser import NeutralSettings
from qts_core.alphas.orthogonal import Orthogonalisation
from qts_core.alphas.orthogonaliser import OrthogonalSettings

__all__ = ["AlphaKind", "AlphaSettings", "StageSettings"]

LOOKBACKS = MappingProxyType({Horizon.SHORT: 26, Horizon.MEDIUM: 130, Horizon.LONG: 520})
"""Bars that an alpha looks back where it is not told: a session, a week, a month."""


class AlphaKind(StrEnum):
    """The families and their members."""

    ML = "ml"
    TIME_SERIES_MOMENTUM = "time_series_momentum"
    CROSS_SECTIONAL_MOMENTUM = "cross_sectional_momentum"
    BREAKOUT = "breakout"
    Z_SCORE_REVERSION = "z_score_reversion"
    RESIDUAL_REVERSION = "residual_reversion"
    RSI_REVERSION = "rsi_reversion"
    RANK = "rank"


@dataclass(frozen=True, slots=True)
class AlphaSettings:
    """One alpha.

    Attributes
    ----------
    kind : AlphaKind
    name : str
        By which it is scored, weighed and restored; empty = its kind.
    horizon_bars : int
        Bars for which an opinion stands; of kind `ml` 0 = what the model's signals say.
    lookback_bars : int
        Bars it looks back; 0 = as fits the horizon: 26, 130 or 520.
    skip_bars : int
        Of momentum: newest bars left out.
    ranked : Ranked
        Of kind `rank`.
    is_reversed : bool
        Of kind `rank`: whether the smallest is the best.
    """

    kind: AlphaKind = AlphaKind.ML
    name: str = ""
    horizon_bars: int = 0
    lookback_bars: int = 0
    skip_bars: int = 0
    ranked: Ranked = Ranked.SCORE
    is_reversed: bool = False

    @property
    def called(self) -> str:
        """The name, or the kind where there is none."""
        return self.name or str(self.kind)

    @property
    def lookback(self) -> int:
        """Bars that it looks back."""
        return self.lookback_bars or LOOKBACKS[horizon_of(self.horizon_bars)]


@dataclass(frozen=True, slots=True)
class StageSettings:
    """From bars and scores to one signal per symbol.

    Attributes
    ----------
    alphas : tuple of AlphaSettings
        At least one; names differ.
    combiner : CombinerSettings
    orthogonal : OrthogonalSettings
    neutral : NeutralSettings
    """

    alphas: tuple[AlphaSettings, ...] = (AlphaSettings(),)
    combiner: CombinerSettings = field(default_factory=CombinerSettings)
    orthogonal: OrthogonalSettings = field(default_factory=OrthogonalSettings)
    neutral: NeutralSettings = field(default_factory=NeutralSettings)

    @property
    def is_one_alpha(self) -> bool:
        """Whether one alpha's signals are taken as they are."""
        is_plain = self.orthogonal.method is Orthogonalisation.NONE and not self.neutral.against
        return len(self.alphas) == 1 and is_plain and self.combiner.total == 1.0
