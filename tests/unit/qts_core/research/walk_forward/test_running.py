"""Walk forward on small markets whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest

from qts_core.market.bars import BarSlice
from qts_core.market.errors import InvalidConfigError, ModelNotFoundError, TrainingError
from qts_core.market.panel import Floats, Panel
from qts_core.research.ledger import TrialKind, TrialLedger
from qts_core.research.walk_forward import (
    WalkForwardResult,
    WalkForwardSettings,
    load_walk_forward,
    run_walk_forward,
    save_walk_forward,
)
from qts_core.research.walk_forward.running import stability_of
from qts_core.trading.strategy import Strategy, View, Wanted
from qts_core.training.folds import RowRange
from qts_core.training.folds.walk_forward import Windows
from qts_core.training.search.objective import Evidence
from qts_core.training.search.space import Choice, Number, Space
from tests.support.walk_forward import Steady, asked, market, timeline
from tests.unit.qts_core.research.memory import MemoryTrials

FEW = Windows(240, 0, 240, 240)
LINE = timeline()


class Guess(Strategy):
    """Weights by a seeded coin each session: knows nothing, whatever the parameter."""

    name = "guess"
    space: ClassVar[Mapping[str, object]] = {"seed": (0, 400)}
    horizon_bars = 3

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        return None

    def weights(self, panel: Panel) -> Floats:
        days, place = np.unique(panel.timeline.session, return_inverse=True)
        drawn = np.random.default_rng(self.seed).choice([0.0, 0.1], size=(len(days), len(panel.symbols)))
        chosen: Floats = drawn[place]
        return chosen


class Dated(Guess):
    """Long on a third of the sessions: those whose number leaves `phase`."""

    name = "dated"
    space: ClassVar[Mapping[str, object]] = {"phase": {"choices": (0, 1, 2)}, "size": (0.05, 0.2)}

    def __init__(self, phase: int = 0, size: float = 0.1) -> None:
        self.phase, self.size = phase, size

    def weights(self, panel: Panel) -> Floats:
        on = panel.timeline.session % 3 == self.phase
        return np.where(on[:, None], self.size, 0.0) * np.ones(len(panel.symbols))


class Leaning(Guess):
    """Long on a third of the sessions, and by the share `rest` of that on all others."""

    name = "leaning"
    space: ClassVar[Mapping[str, object]] = {"rest": (0.0, 1.0), "size": (0.1, 0.2)}

    def __init__(self, rest: float = 0.0, size: float = 0.1) -> None:
        self.rest, self.size = rest, size

    def weights(self, panel: Panel) -> Floats:
        share = np.where(panel.timeline.session % 3 == 2, 1.0, self.rest)
        return (self.size * share)[:, None] * np.ones(len(panel.symbols))


class Greedy(Steady):
    """Holds every symbol at `weight`; one of the two is five times what the account can pay."""

    name = "greedy"
    space: ClassVar[Mapping[str, object]] = {"weight": {"choices": (0.1, 5.0)}}

    def __init__(self, weight: float = 0.1) -> None:
        super().__init__(weight)


def settings(**given: object) -> WalkForwardSettings:
    return WalkForwardSettings(**{"windows": FEW, "unit": "sessions", "grid_levels": 4, **given})  # type: ignore[arg-type]


def rising_on_phase(phase: int) -> Floats:
    """Return a drift that pays on the last two bars of the sessions of one phase."""
    on = (LINE.session % 3 == phase) & (LINE.slot > 0)
    return np.where(on[:, None], 0.003, 0.0) * np.ones(4)


class TestTruth:
    def test_a_planted_effect_is_found_in_every_window_and_kept_out_of_sample(self) -> None:
        found = run_walk_forward(asked(Dated, market(LINE, seed=1, drift=rising_on_phase(2)), settings()))
        assert {w.parameters["phase"] for w in found.windows} == {2}
        assert found.figures["sharpe"] > 2
        assert found.figures["efficiency"] > 0.5
        phase = next(line for line in found.stability if line.name == "phase")
        assert (phase.spread, phase.changes) == (0.0, 0)
        refused = [gate.name for gate in found.verdict.gates if not gate.passed]
        # two thirds of the trials are worthless: what trials differ by is taken for luck, which errs to the strict side
        assert refused == ["gate.deflated_sharpe"]

    def test_an_effect_that_most_trials_share_passes_every_gate(self) -> None:
        found = run_walk_forward(asked(Leaning, market(LINE, seed=1, drift=rising_on_phase(2)), settings()))
        assert all(float(w.parameters["rest"]) < 0.5 for w in found.windows)
        assert found.figures["sharpe"] > 2
        assert found.verdict.passed, found.verdict.refusals

    def test_pure_noise_does_not_pass(self) -> None:
        passed = 0
        for seed in range(4):
            given = asked(Guess, market(LINE, seed=seed), settings(method="random", trials=10, seed=seed))
            found = run_walk_forward(given)
            passed += found.verdict.passed
            inside = np.mean([w.inside["objective"] for w in found.windows])
            assert inside > found.figures["sharpe"] - 3  # chosen for what they showed in sample
        assert passed == 0

    def test_noise_raises_the_gap(self) -> None:
        given = asked(Guess, market(LINE, seed=5), settings(method="random", trials=20))
        found = run_walk_forward(given)
        gap = next(flag for flag in found.warnings if flag.name == "flag.walk_forward_gap")
        assert gap.applies
        assert gap.is_raised


class TestStitching:
    def test_the_stitched_result_is_the_tests_end_to_end(self) -> None:
        given = asked(Steady, market(LINE, seed=2), settings())
        found = run_walk_forward(given)
        whole = np.prod([1 + w.outside["total_return"] for w in found.windows]) - 1
        assert found.figures["total_return"] == pytest.approx(whole, rel=1e-12)
        assert found.figures["sessions"] == sum(w.outside["sessions"] for w in found.windows)
        assert len(np.unique(found.days)) == len(found.days)
        assert found.equity[-1] == pytest.approx(1 + whole)

    def test_a_range_ends_flat_and_knows_nothing_of_what_follows(self) -> None:
        given = asked(Steady, market(LINE, seed=2), settings())
        rows = RowRange(30, 90)
        before = given.bench.run({"weight": 0.1, "every": 1}, rows)
        other = market(LINE, seed=2)
        for values in other.panel.fields.values():
            values[90:] *= 2.0
        after = asked(Steady, other, settings()).bench.run({"weight": 0.1, "every": 1}, rows)
        np.testing.assert_array_equal(before.net.values, after.net.values)

    def test_the_same_seed_gives_the_same_result(self) -> None:
        runs = [
            run_walk_forward(asked(Steady, market(LINE, seed=2), settings(method="genetic", trials=14)))
            for _ in range(2)
        ]
        assert runs[0].to_json() == runs[1].to_json()


class TestSearch:
    @pytest.mark.parametrize("method", ["grid", "random", "tpe", "gp_ei", "gp_ucb", "genetic"])
    def test_every_method_finds_parameters_inside_the_space(self, method: str) -> None:
        few = settings(method=method, trials=8, windows=Windows(400, 0, 400, 400))
        found = run_walk_forward(asked(Dated, market(LINE, seed=1, drift=rising_on_phase(1)), few))
        space = asked(Dated, market(LINE, seed=1), few).bench.space
        assert all(space.contains(w.parameters) for w in found.windows)

    @pytest.mark.parametrize("objective", ["sharpe", "sortino", "return_over_drawdown", "ic", f"{__name__}:own"])
    def test_every_objective_is_judged(self, objective: str) -> None:
        few = settings(objective=objective, windows=Windows(400, 0, 400, 400))
        if objective == "ic":
            # equal weights rank nothing
            with pytest.raises(TrainingError, match="QTS-EXEC-068"):
                run_walk_forward(asked(Steady, market(LINE), few))
            few = settings(objective=objective, windows=Windows(400, 0, 400, 400), method="random", trials=4)
            assert math.isfinite(run_walk_forward(asked(Guess, market(LINE), few)).windows[0].inside["objective"])
            return
        found = run_walk_forward(asked(Dated, market(LINE, seed=1, drift=rising_on_phase(1)), few))
        assert math.isfinite(found.windows[0].inside["objective"])

    def test_a_tuning_window_chooses_among_finalists(self) -> None:
        few = settings(windows=Windows(300, 100, 200, 200))
        found = run_walk_forward(asked(Dated, market(LINE, seed=1, drift=rising_on_phase(0)), few))
        assert all(w.tune is not None for w in found.windows)
        assert {w.parameters["phase"] for w in found.windows} == {0}

    def test_every_trial_is_in_the_ledger_and_the_run_is_one_more(self) -> None:
        ledger = TrialLedger(MemoryTrials())
        found = run_walk_forward(asked(Steady, market(LINE), settings(), ledger=ledger))
        rows = ledger.trials()
        assert ledger.verify().is_intact
        assert sum(r.kind is TrialKind.SEARCH for r in rows) == sum(w.trials for w in found.windows)
        last = rows[-1]
        assert (last.kind, last.identity, last.sessions) == (TrialKind.BACKTEST, found.identity, len(found.days))
        assert all(r.returns is not None and r.model == "walk-forward/steady" for r in rows)
        before = ledger.summary().count
        run_walk_forward(asked(Steady, market(LINE), settings(), ledger=ledger))
        assert ledger.summary().count == before  # the very same thing again is nothing new

    def test_nothing_that_trades_is_refused_with_a_way_out(self) -> None:
        with pytest.raises(TrainingError, match="QTS-EXEC-068"):
            run_walk_forward(asked(Steady, market(LINE), settings(fewest_trades=1_000_000)))

    def test_what_the_vectorised_backtest_cannot_do_is_a_failed_trial_and_never_chosen(self) -> None:
        ledger = TrialLedger(MemoryTrials())
        found = run_walk_forward(asked(Greedy, market(LINE, seed=2), settings(fewest_trades=1), ledger=ledger))
        assert {w.parameters["weight"] for w in found.windows} == {0.1}
        failed = [row for row in ledger.trials() if row.failure]
        assert len(failed) == len(found.windows)
        assert all("QTS-EXEC-040" in row.failure and row.returns is None for row in failed)

    def test_an_unknown_objective_is_refused(self) -> None:
        with pytest.raises(InvalidConfigError, match="QTS-EXEC-065"):
            run_walk_forward(asked(Steady, market(LINE), settings(objective="nowhere:nothing")))


class TestKeeping:
    def test_a_result_comes_back_from_the_lake(self) -> None:
        class Blobs(dict[str, bytes]):
            def write_blob(self, name: str, data: bytes) -> str:
                self[name] = data
                return ""

            def has_blob(self, name: str) -> bool:
                return name in self

            def read_blob(self, name: str) -> bytes:
                return self[name]

        lake = Blobs()
        with pytest.raises(ModelNotFoundError, match="QTS-EXEC-069"):
            load_walk_forward(lake, "steady")  # type: ignore[arg-type]
        found = run_walk_forward(asked(Steady, market(LINE), settings()))
        save_walk_forward(lake, found)  # type: ignore[arg-type]
        again = load_walk_forward(lake, "steady")  # type: ignore[arg-type]
        assert isinstance(again, WalkForwardResult)
        assert again.to_json() == found.to_json()
        assert again.windows == tuple(found.windows) or math.isnan(found.windows[0].outside["ic"])


def test_stability_by_hand() -> None:
    space = Space((Choice("kind", ("a", "b")), Number("x", 0, 10)))
    chosen: list[dict[str, str | float]]
    chosen = [
        {"kind": "a", "x": 0.0},
        {"kind": "a", "x": 0.5},
        {"kind": "b", "x": 10.0},
        {"kind": "a", "x": 10.0},
    ]
    kind, x = stability_of(space, chosen)
    assert (kind.spread, kind.changes) == (0.25, 2)
    assert x.spread == pytest.approx(np.std([0.0, 0.05, 1.0, 1.0], ddof=1))
    assert x.changes == 1


def own(evidence: Evidence) -> float:
    """Return an objective of one's own: the mean session, in basis points."""
    return float(evidence.outside.values.mean()) * 1e4
