"""Reports of live sessions, written by hand and read back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from qts_core.adapters.live_reports import last_live_session, live_curve, live_sessions, record_parity


def report(home: Path, session: str, **content: object) -> None:
    folder = home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    told = {"session": session, "decisions": 26, "orders": 3, "fills": 2, "account": "PA1", **content}
    (folder / f"{session}.json").write_text(json.dumps(told), encoding="utf-8")


def test_the_curve_starts_at_the_equity_before_the_first_session(tmp_path: Path) -> None:
    report(tmp_path, "2024-03-04", equity=100_250.0, pnl=250.0)
    report(tmp_path, "2024-03-05", equity=99_900.0, pnl=-350.0)
    found = live_curve(tmp_path)
    assert found is not None
    assert found.days == (date(2024, 3, 4), date(2024, 3, 5))
    assert found.equity.tolist() == [100_250.0, 99_900.0]
    assert found.initial == 100_000.0


def test_sessions_of_an_account_before_this_one_are_another_curve(tmp_path: Path) -> None:
    report(tmp_path, "2024-03-01", equity=5_000.0, pnl=10.0, account="PA0")
    report(tmp_path, "2024-03-04", equity=100_250.0, pnl=250.0)
    found = live_curve(tmp_path)
    assert found is not None
    assert found.days == (date(2024, 3, 4),)
    assert found.initial == 100_000.0


@pytest.mark.parametrize("content", ["not json", "[]", '{"session": "2024-03-04"}', '{"session": "x", "equity": 1}'])
def test_a_file_that_is_no_report_is_left_out(tmp_path: Path, content: str) -> None:
    report(tmp_path, "2024-03-04", equity=100_250.0, pnl=250.0)
    (tmp_path / "reports" / "2024-03-05.json").write_text(content, encoding="utf-8")
    found = live_curve(tmp_path)
    assert found is not None
    assert len(found.days) == 1
    assert [s.session for s in live_sessions(tmp_path)] == [date(2024, 3, 4)]


def test_without_reports_there_is_no_curve_and_no_session(tmp_path: Path) -> None:
    assert live_curve(tmp_path) is None
    assert last_live_session(tmp_path) is None


def test_an_account_that_began_with_nothing_has_no_curve(tmp_path: Path) -> None:
    report(tmp_path, "2024-03-04", equity=10.0, pnl=10.0)
    assert live_curve(tmp_path) is None


def test_parity_is_added_to_the_session_it_belongs_to(tmp_path: Path) -> None:
    report(tmp_path, "2024-03-04", equity=100_250.0, pnl=250.0)
    record_parity(tmp_path, date(2024, 3, 4), 26, 1)
    record_parity(tmp_path, date(2024, 3, 5), 26, 0)
    (found,) = live_sessions(tmp_path)
    assert (found.compared, found.differences, found.pnl) == (26, 1, 250.0)
