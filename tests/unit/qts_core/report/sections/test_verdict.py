"""The verdict says what the gates and the goals say, no more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qts_core.report.context import Context
from qts_core.report.inputs import ReportInput, Trials
from qts_core.report.sections.verdict import GOALS, Goal, verdict

Maker = Callable[..., ReportInput]


def test_goals_are_those_of_the_specification() -> None:
    assert [(g.metric, g.threshold, g.is_floor) for g in GOALS] == [
        ("sharpe_ratio", 1.5, True),
        ("max_drawdown", 0.15, False),
        ("win_rate", 0.52, True),
        ("profit_factor", 1.3, True),
    ]


def test_one_refusal_is_enough_and_its_reason_is_given(sample: Maker) -> None:
    found = verdict(Context.of(sample()))
    assert found.headline.startswith("Refused by 1 of 2 gates; ")
    assert found.tone == "bad"
    assert found.reasons == ("Deflated Sharpe ratio: with 14 trials 0.61 is too likely luck",)


def test_all_gates_passed_is_good_but_the_goals_are_counted_beside_it(sample: Maker) -> None:
    given = sample()
    found = verdict(Context.of(replace(given, gates=given.gates[:1])))
    met = sum(t.status == "met" for t in found.tiles)
    assert found.headline == f"Passed its one gate; {met} of 4 goals met"
    assert (found.tone, found.reasons) == ("good", ())


def test_without_gates_there_is_no_praise(sample: Maker) -> None:
    found = verdict(Context.of(replace(sample(), gates=())))
    assert found.headline.startswith("Not judged by any gate")
    assert found.tone == "none"


def test_the_number_of_trials_is_said(sample: Maker) -> None:
    given = sample()
    assert "chosen from 14 trials" in verdict(Context.of(given)).basis
    assert "chosen from 1 trial in" in verdict(Context.of(replace(given, trials=Trials(1)))).basis


@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_is_not_met_by_its_own_threshold_nor_by_nothing(goal: Goal) -> None:
    assert not goal.is_met_by(goal.threshold)
    assert not goal.is_met_by(math.nan)
    assert goal.is_met_by(goal.threshold + (1e-9 if goal.is_floor else -1e-9))


def test_an_interval_on_both_sides_of_the_goal_is_called_uncertain(sample: Maker) -> None:
    given = sample()
    wins = [replace(t, pnl=1.0 if i % 9 < 5 else -1.0) for i, t in enumerate(given.trades)]
    tile = verdict(Context.of(replace(given, trades=tuple(wins)))).tiles[2]
    assert tile.status == "met"
    assert tile.certainty == "the interval spans the goal: not certain"
    assert tile.counted == "n = 30 trades"
    sure = verdict(Context.of(replace(given, trades=tuple(replace(t, pnl=1.0) for t in given.trades)))).tiles[2]
    assert sure.certainty == "the whole interval meets the goal"


def test_without_trades_the_trade_goals_are_undefined(sample: Maker) -> None:
    tiles = verdict(Context.of(replace(sample(), trades=()))).tiles
    assert [t.status for t in tiles[2:]] == ["undefined", "undefined"]
    assert tiles[2].certainty == "too little data for an interval"


def test_the_drawdown_tile_shows_the_deepest_bar(sample: Maker) -> None:
    given = sample()
    net = given.curves.net.copy()
    net[40] = net[:40].max() * 0.5
    tile = verdict(Context.of(replace(given, curves=replace(given.curves, net=net)))).tiles[1]
    assert (tile.value, tile.status) == ("50.0 %", "not met")
    assert np.isfinite(net).all()
