"""The stage: shipped it is the model's alpha itself; with all its parts it resumes to the bit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qts_core.alphas.base import Horizon, horizon_of
from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.ml import MlAlpha, MlAlphaSettings
from qts_core.alphas.neutraliser import Against, NeutralSettings
from qts_core.alphas.orthogonal import Orthogonalisation
from qts_core.alphas.orthogonaliser import OrthogonalSettings
from qts_core.alphas.settings import AlphaKind, AlphaSettings, StageSettings
from qts_core.alphas.stage import AlphaStage, build_alphas, build_stage
from qts_core.market.errors import ConfigurationError
from qts_core.market.instruments import Instrument
from tests.support.alpha_bars import bars_of, random_closes

BREADTH = 12
PEOPLE = [Instrument("ABCDEFGHIJKL"[i], sector="xyz"[i % 3]) for i in range(BREADTH)]
FAMILIES = tuple(
    AlphaSettings(kind, horizon_bars=horizon, lookback_bars=20)
    for kind, horizon in zip(AlphaKind, (0, 4, 20, 26, 3, 4, 5, 8), strict=True)
)


def test_shipped_it_is_the_models_alpha_to_the_bit() -> None:
    stage = build_stage(StageSettings(), MlAlphaSettings(), PEOPLE)
    assert isinstance(stage, MlAlpha)
    assert stage.settings == MlAlphaSettings()
    rng, alone = np.random.default_rng(1), MlAlpha(MlAlphaSettings(), BREADTH)
    for bars in bars_of(random_closes(rng, 40, BREADTH)):
        score = rng.normal(size=BREADTH)
        one, two = stage.update(bars, score), alone.take(score)
        assert one.strength.tobytes() == two.strength.tobytes()
        assert one.confidence.tobytes() == two.confidence.tobytes()


@pytest.mark.parametrize("method", list(Orthogonalisation))
def test_a_snapshot_resumes_bit_for_bit(method: Orthogonalisation) -> None:
    weighting = Weighting.MAXIMUM_SHARPE if method is Orthogonalisation.NONE else Weighting.IC
    settings = StageSettings(
        FAMILIES,
        CombinerSettings(weighting, 60, 10, every_bars=13, is_regime_conditional=True, regime_bars=60),
        OrthogonalSettings(method, 60, 30, 13, threshold=0.3 if method is Orthogonalisation.DROP else 0.02),
        NeutralSettings(tuple(Against), 40),
    )
    one, other = (build_stage(settings, MlAlphaSettings(), PEOPLE) for _ in range(2))
    rng = np.random.default_rng(2)
    heard = 0
    for t, bars in enumerate(bars_of(random_closes(rng, 230, BREADTH, missing=0.02))):
        score = rng.normal(size=BREADTH)
        if t == 180:
            other.restore(json.loads(json.dumps(one.snapshot())))
        found = one.update(bars, score)
        if t >= 180:
            again = other.update(bars, score)
            heard += int(np.isfinite(found.strength).sum())
            assert found.strength.tobytes() == again.strength.tobytes()
            assert found.confidence.tobytes() == again.confidence.tobytes()
            assert found.is_expired.tolist() == again.is_expired.tolist()
    assert heard > 400
    assert one.snapshot() == other.snapshot()


def test_a_stage_says_who_spoke_and_what_each_counts() -> None:
    stage = build_stage(StageSettings(FAMILIES), MlAlphaSettings(), PEOPLE)
    assert isinstance(stage, AlphaStage)
    assert stage.names == tuple(str(kind) for kind in AlphaKind)
    assert stage.weights.tolist() == pytest.approx([1 / 8] * 8)
    # the model's own horizon is that of its signals
    assert [alpha.horizon_bars for alpha in stage.alphas] == [26, 4, 20, 26, 3, 4, 5, 8]


def test_the_models_alpha_at_a_shorter_horizon_smooths_in_proportion() -> None:
    (alpha,) = build_alphas(StageSettings((AlphaSettings(horizon_bars=4),)), MlAlphaSettings(), BREADTH)
    assert isinstance(alpha, MlAlpha)
    assert (alpha.settings.expiry_bars, alpha.settings.smoothing_bars) == (4, 2)


@pytest.mark.parametrize(
    ("alphas", "found"),
    [
        ((AlphaSettings(), AlphaSettings()), "ml"),
        ((AlphaSettings(AlphaKind.BREAKOUT),), "breakout"),
        ((), "none"),
    ],
)
def test_alphas_without_a_name_of_their_own_or_a_horizon_are_refused(
    alphas: tuple[AlphaSettings, ...], found: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"QTS-EXEC-046.*{found}"):
        build_alphas(StageSettings(alphas), MlAlphaSettings(), BREADTH)


def test_horizons_are_those_of_the_specification() -> None:
    assert [horizon_of(bars) for bars in (1, 4, 5, 20, 21)] == [
        Horizon.SHORT, Horizon.SHORT, Horizon.MEDIUM, Horizon.MEDIUM, Horizon.LONG
    ]  # fmt: skip
