"""Settings of the alphas, from config/trading.yaml (specification 9.2)."""

from __future__ import annotations

from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.cross_section import Ranked
from qts_core.alphas.neutraliser import Against, NeutralSettings
from qts_core.alphas.orthogonal import Orthogonalisation
from qts_core.alphas.orthogonaliser import OrthogonalSettings
from qts_core.alphas.settings import AlphaKind, AlphaSettings, StageSettings
from qts_core.config.alphas import AlphasSettings, CombinerSection

__all__ = ["stage_settings"]


def stage_settings(alphas: AlphasSettings) -> StageSettings:
    """Return what the configuration says of alphas and their combination."""
    return StageSettings(
        alphas=tuple(
            AlphaSettings(
                kind=AlphaKind(member.kind),
                name=member.name,
                horizon_bars=member.horizon_bars,
                lookback_bars=member.lookback_bars,
                skip_bars=member.skip_bars,
                ranked=Ranked(member.ranked),
                is_reversed=member.is_reversed,
            )
            for member in alphas.members
        ),
        combiner=_combiner(alphas.combiner),
        orthogonal=OrthogonalSettings(
            method=Orthogonalisation(alphas.orthogonal.method),
            window_bars=alphas.orthogonal.window_bars,
            minimum_bars=alphas.orthogonal.minimum_bars,
            every_bars=alphas.orthogonal.every_bars,
            threshold=alphas.orthogonal.threshold,
        ),
        neutral=NeutralSettings(
            against=tuple(Against(name) for name in alphas.neutral.against),
            lookback_bars=alphas.neutral.lookback_bars,
        ),
    )


def _combiner(chosen: CombinerSection) -> CombinerSettings:
    return CombinerSettings(
        weighting=Weighting(chosen.weighting),
        window_bars=chosen.window_bars,
        minimum_scores=chosen.minimum_scores,
        every_bars=chosen.every_bars,
        loss_trigger=chosen.loss_trigger,
        learning_rate=chosen.learning_rate,
        is_regime_conditional=chosen.is_regime_conditional,
        regime_bars=chosen.regime_bars,
        total=chosen.total,
        max_weight=chosen.max_weight,
        max_turnover=chosen.max_turnover,
        max_concentration=chosen.max_concentration,
        shrinkage=chosen.shrinkage,
        solver=chosen.solver,
    )
