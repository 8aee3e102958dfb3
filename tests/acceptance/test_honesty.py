"""The whole pipeline against markets whose truth is known: it finds nothing in noise and finds what was planted.

Both markets differ in the planted drift alone: same seed, same symbols, same shocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_month, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import ModelError
from qts_core.ports.registry import CHALLENGER, CHAMPION
from qts_core.research.approval import approve
from qts_core.research.feature_months import catalogue_for, compute_all_months
from qts_core.research.ledger import TrialLedger
from qts_core.research.model_backtest import ModelBacktest
from qts_core.research.pipeline import Nomination, backtest_model, nominate, train_model
from qts_core.research.preparation import prepare_training, research_symbols
from qts_core.research.promotion import promote
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.research.memory import SEAL, MemoryRegistry, Ticks

KEY = "toy"
NAME = "qts_toy"
CLEAR = 2.0
SYMBOLS = 24
FIRST, LAST = date(2023, 1, 3), date(2024, 6, 28)


@dataclass(frozen=True)
class Outcome:
    """What the pipeline did on one market."""

    verdict: ModelBacktest
    nomination: Nomination
    tools: ResearchTools
    registry: MemoryRegistry


def settings_for(home: Path, sectors: dict[str, str]) -> Settings:
    return Settings.model_validate(
        {
            "home": home,
            "universe": {"symbols": tuple({"symbol": s, "sector": sector} for s, sector in sectors.items())},
            "features": {"groups": ("technical_momentum", "technical_volume", "microstructure")},
            "models": {
                "live_model": KEY,
                "models": {
                    KEY: {
                        "type": "lightgbm",
                        "task": "regression",
                        "target": "relative_return_26bar",
                        "hyperparameters": {
                            "n_estimators": 60,
                            "num_leaves": 5,
                            "min_child_samples": 300,
                            "max_bin": 63,
                        },
                        "training": {"train_sessions": 126, "test_sessions": 62, "step_sessions": 62, "row_stride": 4},
                    }
                },
            },
        }
    )


def run_pipeline(home: Path, strength: float) -> Iterator[Outcome]:
    calendar = xnys()
    market = synthetic_market(
        SyntheticMarketSettings(symbols=SYMBOLS, first=FIRST, last=LAST, seed=20, signal_strength=strength)
    )
    settings = settings_for(home, {i.symbol: i.sector for i in market.instruments})
    lake = Lake(settings.lake_dir)
    register_synthetic(lake, market, calendar=calendar)
    for month in lake.months("raw_bars"):
        clean_month(lake, month, calendar=calendar)
    symbols = research_symbols(lake)
    compute_all_months(lake, catalogue_for(settings.features), symbols=symbols, calendar=calendar)
    prepared = prepare_training(lake, settings, KEY, calendar=calendar)
    assert prepared.plan.overlap(prepared.samples) == 0
    registry = MemoryRegistry()
    with open_database(settings.database.url) as database:
        tools = ResearchTools(registry, registry, TrialLedger(database.trials), database.gates, Ticks(), seal=SEAL)
        train_model(lake, prepared, tools)
        verdict = backtest_model(lake, settings, KEY, tools, calendar=calendar)
        yield Outcome(verdict, nominate(settings, verdict, tools), tools, registry)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    yield from run_pipeline(tmp_path_factory.mktemp("noise"), 0.0)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    yield from run_pipeline(tmp_path_factory.mktemp("planted"), CLEAR)


def test_on_pure_noise_the_gates_refuse_and_nobody_is_nominated(noise: Outcome) -> None:
    report = noise.nomination.report
    assert not report.passed
    assert {"gate.deflated_sharpe", "gate.min_track_record"} <= {g.name for g in report.gates if not g.passed}
    assert noise.registry.by_alias(NAME, CHALLENGER) is None
    assert noise.registry.version(NAME, "1").tags["gate.verdict"] == "refused"


def test_on_pure_noise_predictions_are_worthless_and_the_summary_says_so(noise: Outcome) -> None:
    assert abs(noise.verdict.summary.metrics["rank_ic"]) < 0.04
    assert abs(noise.verdict.summary.metrics["rank_ic_t"]) < 3


def test_a_version_refused_on_noise_cannot_become_champion(noise: Outcome) -> None:
    with pytest.raises(ModelError, match="the gates refuse it"):
        promote(NAME, noise.tools, version="1")
    assert noise.registry.by_alias(NAME, CHAMPION) is None


def test_a_clear_planted_signal_passes_every_gate_and_is_nominated(planted: Outcome) -> None:
    report = planted.nomination.report
    assert report.passed, report.refusals
    challenger = planted.registry.by_alias(NAME, CHALLENGER)
    assert challenger is not None
    assert approve(planted.tools.gates.latest(NAME, "1"), challenger.bundle_sha256, SEAL).is_allowed
    assert promote(NAME, planted.tools).version == "1"


def test_the_verdict_is_net_of_pessimistic_costs(planted: Outcome) -> None:
    result = planted.verdict.result
    assert planted.verdict.fill_mode == "pessimistic"
    assert result.cost_total.sum() > 0
    assert result.equity_gross[-1] > result.equity[-1]


def test_every_trial_is_in_the_ledger_and_the_chain_holds(planted: Outcome, noise: Outcome) -> None:
    for outcome in (planted, noise):
        assert outcome.tools.ledger.verify().is_intact
        assert [t.kind.value for t in outcome.tools.ledger.trials()] == ["training", "backtest"]
        assert outcome.tools.ledger.summary().count == outcome.nomination.trials == 1
