"""What the files say arrives, and the shipped files say what the classes do."""

from __future__ import annotations

from qts_core.config.risk import RiskSettings
from qts_core.config.settings import Settings
from qts_core.portfolio.from_settings import optimiser_settings, rebalance_settings, sizer_settings
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings
from qts_core.portfolio.rebalancing import RebalanceSettings, Trigger
from qts_core.portfolio.sizing.base import SizerMethod, SizerSettings


def test_the_defaults_are_those_of_the_classes() -> None:
    risk = RiskSettings()
    assert sizer_settings(risk) == SizerSettings()
    assert optimiser_settings(risk) == OptimiserSettings()
    assert rebalance_settings(risk) == RebalanceSettings()


def test_what_is_chosen_arrives() -> None:
    changes = {
        "risk.position_sizing.method": "kelly",
        "risk.position_sizing.regime_scales": {"storm": 0.5},
        "risk.portfolio.optimization_method": "risk_parity",
        "risk.optimisation.covariance_sessions": 120,
        "risk.rebalancing.trigger": "hybrid",
    }
    risk = Settings().evolve(changes).risk
    assert sizer_settings(risk).method is SizerMethod.KELLY
    assert sizer_settings(risk).regime_scales == {"storm": 0.5}
    assert optimiser_settings(risk).method is Method.RISK_PARITY
    assert optimiser_settings(risk).covariance_sessions == 120
    assert rebalance_settings(risk).trigger is Trigger.HYBRID
