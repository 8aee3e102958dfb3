"""Losses and what they forbid, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from qts_core.risk.ladder import LossLadder
from qts_core.risk.settings import LossSettings

FRIDAY, MONDAY, TUESDAY = date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 5)


def ladder(equity: float = 100.0) -> LossLadder:
    return LossLadder(LossSettings(), equity)


def test_the_day_is_measured_from_the_last_equity_before_it_so_a_gap_counts() -> None:
    losses = ladder()
    losses.update(104.0, FRIDAY)
    seen = losses.update(101.4, MONDAY)
    assert seen.daily == pytest.approx(0.025)
    assert [v.name for v in seen.verdicts] == ["loss.daily"]
    assert seen.is_reduce_only


def test_a_new_day_starts_with_a_clean_slate() -> None:
    losses = ladder()
    assert losses.update(97.0, MONDAY).is_reduce_only
    seen = losses.update(97.0, TUESDAY)
    assert seen.daily == 0.0
    assert not seen.is_reduce_only


def test_small_daily_losses_add_up_to_a_weekly_one() -> None:
    losses = ladder()
    for i in range(4):
        seen = losses.update(100.0 - 1.5 * (i + 1), date(2024, 3, 4 + i))
    assert [v.name for v in seen.verdicts] == ["loss.weekly"]
    assert losses.update(94.0, date(2024, 3, 11)).weekly == 0.0


@pytest.mark.parametrize(
    ("equity", "level", "scale", "kills"),
    [(96.5, 0, 1.0, False), (95.0, 1, 0.75, True), (90.0, 2, 0.5, True), (85.0, 3, 0.0, True)],
)
def test_the_drawdown_ladder_cuts_sizes_rung_by_rung(equity: float, level: int, scale: float, *, kills: bool) -> None:
    seen = ladder().update(equity, MONDAY)
    assert (seen.level, seen.scale) == (level, scale)
    assert seen.is_kill is kills, "the hard daily loss is 4 %"


def test_a_rung_is_left_only_after_a_fifth_of_it_is_recovered() -> None:
    losses = LossLadder(LossSettings(daily_kill_limit=9.0), 100.0)
    assert losses.update(94.9, MONDAY).level == 1
    assert losses.update(95.9, MONDAY).level == 1
    assert losses.update(96.1, MONDAY).level == 0


def test_drawdown_counts_from_the_highest_equity() -> None:
    losses = ladder()
    losses.update(120.0, MONDAY)
    assert losses.update(108.0, MONDAY).drawdown == pytest.approx(0.1)


def test_a_snapshot_gives_back_the_same_ladder() -> None:
    one, other = ladder(), ladder()
    for equity in (101.0, 96.0, 93.3):
        one.update(equity, MONDAY)
    other.restore(one.snapshot())
    assert other.update(94.0, TUESDAY) == one.update(94.0, TUESDAY)


def test_sizes_come_back_step_by_step_from_session_to_session() -> None:
    losses = LossLadder(LossSettings(daily_kill_limit=9.0, scale_in_per_session=0.1), 100.0)
    assert losses.update(89.0, MONDAY).scale == 0.5
    assert losses.update(99.0, MONDAY).scale == 0.5, "not before the next session"
    assert losses.update(99.0, TUESDAY).scale == pytest.approx(0.6)
    assert losses.update(99.0, TUESDAY).scale == pytest.approx(0.6)
    seen = [losses.update(99.0, date(2024, 3, day)).scale for day in (6, 7, 8, 11, 12)]
    assert seen == pytest.approx([0.7, 0.8, 0.9, 1.0, 1.0])


def test_after_a_release_sizes_begin_at_the_first_step() -> None:
    losses = LossLadder(LossSettings(scale_in_per_session=0.2), 100.0)
    assert losses.update(80.0, MONDAY).scale == 0.0
    losses.forgive()
    assert losses.update(80.0, MONDAY).scale == pytest.approx(0.2)
    assert losses.update(80.0, TUESDAY).scale == pytest.approx(0.4)


def test_a_state_from_before_sizes_came_back_step_by_step_starts_at_its_rung() -> None:
    settings = LossSettings(daily_kill_limit=9.0, scale_in_per_session=0.1)
    old = LossLadder(settings, 100.0)
    old.update(89.0, MONDAY)
    state = {name: value for name, value in old.snapshot().items() if name != "scale"}
    again = LossLadder(settings, 1.0)
    again.restore(state)
    assert again.update(99.0, MONDAY).scale == 0.5
