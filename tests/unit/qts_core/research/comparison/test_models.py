"""All models beside each other: figures from the ledger's returns, luck from all its trials, nothing tried anew."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from qts_core.adapters.lake import Lake
from qts_core.config.models import ModelSettings
from qts_core.config.settings import Settings
from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import ModelNotFoundError
from qts_core.report.comparison_inputs import ModelComparison
from qts_core.research.catalogues import catalogue_for
from qts_core.research.comparison import compare_models
from qts_core.research.feature_months import compute_all_months
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind
from qts_core.research.pipeline import TrainedModel, train_model
from qts_core.research.preparation import prepare_training
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import load_predictions
from qts_core.targets import forward_return
from tests.unit.qts_core.research.memory import memory_tools
from tests.unit.qts_core.research.test_training_sets import FEW, MODEL
from tests.unit.qts_core.research.test_training_sets import SETTINGS as SHARED

RIDGE = ModelSettings.model_validate({**MODEL.model_dump(), "type": "ridge", "hyperparameters": {"alpha": 10.0}})
SPREAD = MODEL.model_copy(update={"target": "volatility_5bar"})
MODELS = {"trees": MODEL, "line": RIDGE, "spread": SPREAD, "later": MODEL}
SETTINGS: Settings = SHARED.model_copy(
    update={
        "universe": UniverseSettings(),
        "models": SHARED.models.model_copy(update={"live_model": "trees", "models": MODELS}),
    }
)
SESSIONS = 40


def returns_of(seed: int, mean: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 0.01, SESSIONS)


class World:
    """A lake with two trained models that can be traded, and one that cannot."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.tools: ResearchTools = memory_tools()
        self.trained: dict[str, TrainedModel] = {}
        for key in ("trees", "line", "spread"):
            prepared = prepare_training(lake, SETTINGS, key, calendar=xnys())
            self.trained[key] = train_model(lake, prepared, self.tools)

    def judged(self, key: str, values: np.ndarray, identity: str, **detail: str) -> None:
        first = date(2024, 2, 1)
        days = [first + timedelta(days=i) for i in range(len(values))]
        parent = self.trained[key].summary.identity
        told = {"fill_mode": "pessimistic", "is_abstaining": "True", "gross_return": "0.25", "trades": "12.0", **detail}
        trial = Trial(
            TrialKind.BACKTEST, key, identity, parent=parent, sessions=len(values), detail=told,
            daily_sharpe=float(values.mean() / values.std(ddof=1)), returns=ReturnSeries.of(days, values),
        )  # fmt: skip
        self.tools.ledger.record(trial, now=self.tools.now())

    def compare(self) -> ModelComparison:
        return compare_models(self.lake, SETTINGS, self.tools, calendar=xnys())


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("models") / "lake")
    drawn = SyntheticMarketSettings(symbols=6, first=date(2024, 1, 22), last=date(2024, 3, 8), seed=5)
    market = synthetic_market(drawn)
    register_synthetic(made, market, calendar=xnys())
    clean_all(made, calendar=xnys())
    symbols = tuple(sorted(instrument.symbol for instrument in market.instruments))
    compute_all_months(made, catalogue_for(FEW), symbols=symbols, calendar=xnys())
    return made


@pytest.fixture(scope="module")
def world(lake: Lake) -> World:
    made = World(lake)
    made.judged("trees", returns_of(1, 0.0005), "a")
    made.judged("line", returns_of(2, 0.004), "b")
    # Neither another fill model nor a backtest without abstention is the verdict.
    made.judged("line", returns_of(3, 0.02), "c", fill_mode="optimistic")
    made.judged("line", returns_of(4, 0.02), "d", is_abstaining="False")
    return made


def test_the_best_sharpe_ratio_comes_first_with_its_interval(world: World) -> None:
    found = world.compare()
    assert [model.key for model in found.models] == ["line", "trees"]
    assert [model.kind for model in found.models] == ["ridge", "lightgbm"]
    values = returns_of(2, 0.004).astype(np.float32).astype(np.float64)
    daily = values.mean() / values.std(ddof=1)
    assert found.best.sharpe.value == pytest.approx(daily * math.sqrt(252))
    # Mertens (2002), with moments from scipy.
    error = math.sqrt((1 - stats.skew(values) * daily + (stats.kurtosis(values) + 2) / 4 * daily**2) / (SESSIONS - 1))
    assert found.best.sharpe.interval.high == pytest.approx((daily + 1.959964 * error) * math.sqrt(252), rel=1e-3)
    assert found.best.net_return == pytest.approx(np.prod(1 + values) - 1)
    assert (found.best.gross_return, found.best.trades) == (0.25, 12.0)
    assert math.isnan(found.best.costs), "what the trial does not hold is not invented"


def test_every_trial_of_the_ledger_deflates(world: World) -> None:
    found = world.compare()
    # Four backtests, and the training that was never backtested.
    assert found.trials == 5
    assert 1.0 < found.independent <= 5.0
    before = found.best.deflated
    assert found.luck > 0
    for seed in range(10, 16):
        world.judged("trees", returns_of(seed, 0.0), f"more{seed}", fill_mode="realistic")
    after = world.compare()
    assert after.trials == 11
    assert after.best.deflated < before, "more was tried, so more is luck"
    assert after.best.sharpe == found.best.sharpe


def test_the_rank_correlation_is_spearmans(world: World) -> None:
    training = world.trained["line"].summary
    panel = load_panel(world.lake, calendar=xnys(), symbols=training.symbols)
    scores = load_predictions(world.lake, training, panel.timeline, panel.symbols)
    outcomes = forward_return(panel, 5).values
    by_session: list[float] = []
    for _, rows in panel.timeline.session_rows():
        bars = [
            stats.spearmanr(s[known], o[known]).statistic
            for s, o in zip(scores[rows], outcomes[rows], strict=True)
            if (known := np.isfinite(s) & np.isfinite(o)).sum() >= 3
        ]
        if bars:
            by_session.append(float(np.mean(bars)))
    model = next(model for model in world.compare().models if model.key == "line")
    assert model.rank_ic.value == pytest.approx(np.mean(by_session), abs=1e-9)
    assert model.rank_ic.interval.low < model.rank_ic.value < model.rank_ic.interval.high


def test_the_distance_to_the_best_is_paired_by_session(world: World) -> None:
    best, other = world.compare().models
    assert math.isnan(best.behind.value)
    lead = returns_of(2, 0.004).astype(np.float32) - returns_of(1, 0.0005).astype(np.float32)
    assert other.behind.value == pytest.approx(float(lead.mean()) * 252, rel=1e-5)


def test_a_fold_is_cut_from_the_backtest_of_all(world: World) -> None:
    model = world.compare().best
    fold = model.folds[0]
    values = returns_of(2, 0.004)
    inside = [v for i, v in enumerate(values) if fold.first <= date(2024, 2, 1) + timedelta(days=i) <= fold.last]
    assert fold.net_return == pytest.approx(np.prod(1 + np.array(inside)) - 1, rel=1e-4)


def test_who_is_not_compared_is_named_with_the_reason(world: World) -> None:
    left_out = world.compare().left_out
    assert left_out["later"] == "not trained yet: qts train later"
    assert "not traded" in left_out["spread"]


def test_together_they_are_judged_on_the_sessions_that_all_share(world: World) -> None:
    together = world.compare().together
    assert together is not None
    assert (len(together.days), together.returns.shape) == (SESSIONS, (SESSIONS, 2))
    assert 0.0 <= together.losing <= together.overfitting <= 1.0
    assert 0.0 <= together.best_p <= 1.0


def test_a_comparison_tries_nothing(world: World) -> None:
    rows = len(world.tools.ledger.rows())
    world.compare()
    assert len(world.tools.ledger.rows()) == rows


def test_json_holds_no_nan(world: World) -> None:
    content = world.compare().to_json()
    assert content["models"][0]["costs"] is None  # type: ignore[index]


def test_nothing_judged_is_one_clear_line(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError) as refusal:
        compare_models(Lake(tmp_path / "lake"), SETTINGS, memory_tools(), calendar=xnys())
    assert refusal.value.code == "QTS-MODEL-085"
    assert "qts train trees" in refusal.value.line()
