"""What the configuration says of alphas."""

from __future__ import annotations

from qts_core.alphas.from_settings import stage_settings
from qts_core.alphas.neutraliser import Against
from qts_core.alphas.settings import AlphaKind, StageSettings
from qts_core.config.alphas import AlphaMember, AlphasSettings, NeutralSection


def test_nothing_said_is_the_models_alpha_alone() -> None:
    assert stage_settings(AlphasSettings()) == StageSettings()
    assert StageSettings().is_one_alpha


def test_what_is_said_arrives() -> None:
    said = AlphasSettings(
        members=(AlphaMember(), AlphaMember(kind="rank", name="cheap", horizon_bars=20, ranked="volatility")),
        neutral=NeutralSection(against=("market", "beta")),
    )
    found = stage_settings(said)
    assert [a.called for a in found.alphas] == ["ml", "cheap"]
    assert found.alphas[1].kind is AlphaKind.RANK
    assert found.neutral.against == (Against.MARKET, Against.BETA)
