"""Limits set aside by a person, and alerts that come once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from qts_core.market.errors import ExposureLimitError
from qts_core.market.events import Severity
from qts_core.risk.alerts import BreachAlerts
from qts_core.risk.overrides import Override, Overrides
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import PORTFOLIO, Verdict

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def broken(name: str = "limit.sector", symbol: str = "AA", value: float = 0.31) -> Verdict:
    return Verdict(name, symbol, False, "too much", 0.3, value)


def given(limit: str = "limit.sector", symbol: str = PORTFOLIO, who: str = "Ann", why: str = "spin-off",
          until: datetime = LATER, bound: float = 0.35) -> Override:  # fmt: skip
    return Override(limit, symbol, who, why, NOW, until, bound)


def test_who_and_why_stand_in_the_verdict_that_was_set_aside() -> None:
    overrides = Overrides()
    overrides.allow(given())
    judged = overrides.judge(broken(), NOW)
    assert judged.is_allowed
    assert judged.reason == "set aside by Ann: spin-off"
    assert judged.room == pytest.approx(-0.01), "the limit itself is still told"
    assert not overrides.judge(broken("limit.gross"), NOW).is_allowed
    assert not overrides.judge(broken(value=0.36), NOW).is_allowed
    assert not overrides.judge(broken(value=float("nan")), NOW).is_allowed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (given(who=" "), "without who and why"),
        (given(why=""), "without who and why"),
        (given(limit="kill.rapid_decline"), "cannot be set aside"),
        (given(limit="loss.daily"), "cannot be set aside"),
        (given(limit="limit.restricted"), "cannot be set aside"),
        (given(until=NOW), "before it begins"),
        (given(bound=float("inf")), "without a bound"),
        (given(bound=float("nan")), "without a bound"),
    ],
)
def test_a_permission_names_a_person_a_reason_a_time_and_a_bound(wrong: Override, words: str) -> None:
    overrides = Overrides()
    with pytest.raises(ExposureLimitError, match=f"QTS-RISK-025.*{words}"):
        overrides.allow(wrong)
    assert overrides.records == ()


def test_a_withdrawn_permission_stays_on_record() -> None:
    overrides = Overrides()
    overrides.allow(given())
    overrides.withdraw("limit.sector", PORTFOLIO, NOW + timedelta(minutes=1))
    assert overrides.judge(broken(), NOW).is_allowed
    assert not overrides.judge(broken(), NOW + timedelta(minutes=1)).is_allowed
    assert len(overrides.records) == 1
    again = Overrides.from_snapshot(json.loads(json.dumps(overrides.snapshot())))
    assert again.records == overrides.records


def test_a_permission_for_the_portfolio_moves_the_cap_itself_never_closer() -> None:
    overrides = Overrides()
    caps = {"limit.position": 0.12, "limit.sector": 0.4, "limit.gross": 1.2, "limit.net": 0.3, "limit.count": 25.0,
            "limit.correlated": 0.5, "limit.concentration": 0.2, "limit.var": 0.1}  # fmt: skip
    for limit, bound in caps.items():
        overrides.allow(given(limit=limit, bound=bound))
    start = LimitSettings(max_correlated_ratio=0.3, max_concentration=0.05)
    wider = overrides.widened(start, NOW)
    assert (wider.max_position_ratio, wider.max_sector_ratio, wider.max_gross_ratio) == (0.12, 0.4, 1.2)
    assert (wider.max_net_ratio, wider.max_positions) == (0.3, 25)
    assert (wider.max_correlated_ratio, wider.max_concentration) == (0.5, 0.2)
    assert overrides.widened(start, LATER) == start
    overrides.allow(given(limit="limit.sector", bound=0.1))
    assert overrides.widened(start, NOW).max_sector_ratio == 0.4


def test_a_breach_is_told_when_it_begins_and_when_it_ends() -> None:
    alerts = BreachAlerts()
    loss = Verdict("loss.daily", PORTFOLIO, False, "the daily loss reached its limit", 0.02, 0.021)
    first = alerts.update([loss, broken()])
    assert [(a.severity, a.title) for a in first] == [
        (Severity.WARNING, "loss.daily"), (Severity.INFO, "limit.sector AA"),
    ]  # fmt: skip
    assert "limit 0.02, found 0.021" in first[0].detail
    assert alerts.update([loss, broken(value=0.5)]) == []
    over = alerts.update([loss, Verdict("limit.sector", "AA", True, "", 0.3, 0.2)])
    assert [(a.title, a.detail) for a in over] == [("limit.sector AA", "within its limit again")]


def test_after_a_restart_a_standing_breach_is_not_new() -> None:
    alerts, again = BreachAlerts(), BreachAlerts()
    alerts.update([broken()])
    again.restore(json.loads(json.dumps(alerts.snapshot())))
    assert again.update([broken()]) == []
    (new,) = again.update([broken(), Verdict("kill.rapid_decline", PORTFOLIO, False, "fast", 0.03, 0.04)])
    assert new.severity is Severity.CRITICAL
