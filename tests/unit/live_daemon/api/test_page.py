"""The operator's page escapes what it shows and stands on its own."""

from __future__ import annotations

import pytest

from live_daemon.api.page import render_page


def status() -> dict[str, object]:
    """Return a snapshot with text that would break a careless page."""
    bad = "<script>alert(1)</script>"
    return {
        "mode": "HALTED", "reason": bad, "trading_mode": "paper", "account": bad, "clock": "2024-12-31T15:00:00+00:00",
        "speed": 60.0, "session": "2024-12-31", "session_open": "2024-12-31T14:30:00+00:00",
        "session_close": "2024-12-31T21:00:00+00:00", "next_bar": "2024-12-31T15:14:30+00:00",
        "equity": 99_000.5, "cash": "1", "day_pnl": -12.5,
        "risk_mode": "normal",
        "positions": [
            {"symbol": bad, "quantity": "1", "average_price": "2", "mark": 3.0, "value": 3.0, "weight": 0.1,
             "target_weight": 0.125, "unrealised": -1.0}
        ],
        "open_orders": [{"symbol": bad, "status": bad, "remaining": "1", "client_order_id": bad}],
        "limits": [
            {"name": "gross exposure", "value": 0.85, "limit": 1.0},
            {"name": "daily loss", "value": 0.0123, "limit": 0.02},
            {"name": "positions", "value": 13.0, "limit": 20.0},
        ],
        "decision": {
            "id": bad, "model_id": bad, "risk_mode": "normal", "ts_known": "2024-12-31T15:00:00+00:00",
            "steps": {"symbols": 50, "predicted": 49, "signals": 14, "sized": 13, "targets": 12, "orders": 1},
            "orders": [{"symbol": bad, "side": "buy", "quantity": "1", "reason": bad}],
            "verdicts": [{"symbol": bad, "reason": bad}],
        },
        "model": {"id": bad, "origin": bad, "refused": bad},
        "streams": [{"name": bad, "is_connected": False, "messages": 3, "age_seconds": 1.0, "detail": bad}],
        "reconciled_at": None, "uptime_seconds": 3.0,
        "alerts": [{"at": "2024-12-31T15:00:00", "severity": "critical", "title": bad, "detail": bad}],
    }  # fmt: skip


def test_no_text_of_the_outside_becomes_markup() -> None:
    page = render_page(status())
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 10


def test_the_page_needs_nothing_from_outside_and_fits_a_phone() -> None:
    page = render_page(status())
    assert "http://" not in page
    assert "https://" not in page
    assert "width=device-width" in page
    assert "prefers-color-scheme:dark" in page
    assert "HALTED" in page
    assert "-12.50" in page


def test_an_empty_account_is_shown_as_such() -> None:
    page = render_page(status() | {"positions": [], "open_orders": [], "decision": None, "alerts": [], "limits": []})
    assert "flat" in page
    assert "none yet" in page


@pytest.mark.parametrize(
    ("mode", "banner"), [("dry", "banner dry"), ("paper", "banner paper"), ("live", "banner live")]
)
def test_the_head_says_whether_the_money_is_real(mode: str, banner: str) -> None:
    page = render_page(status() | {"trading_mode": mode})
    assert banner in page
    assert f"QTS · {mode.upper()}" in page


def test_the_head_gives_the_time_in_new_york_and_what_kind_of_time_it_is() -> None:
    assert "Tue 31 Dec 2024 · 10:00:00 New York · 15:00 UTC" in render_page(status())
    assert "virtual time, 60 × real" in render_page(status())
    assert "virtual" not in render_page(status() | {"speed": 1.0})


def test_the_next_bar_counts_down_and_the_phase_is_said() -> None:
    assert "<b>14:30</b><span>to the next bar; open until 16:00" in render_page(status())
    assert "opens at 09:30 New York" in render_page(status() | {"clock": "2024-12-31T14:00:00+00:00"})
    closed = {"clock": "2024-12-31T21:00:00+00:00", "next_bar": None}
    assert "session of 31 Dec is closed" in render_page(status() | closed)
    assert "no session under way" in render_page(status() | {"session_open": None, "session_close": None})


def test_each_limit_shows_the_room_that_is_left() -> None:
    page = render_page(status())
    assert "<td>85.0%</td><td>100.0%</td><td><b>15.0%</b></td>" in page
    assert "<td>1.23%</td><td>2.00%</td><td><b>0.77%</b></td>" in page
    assert "<td>13</td><td>20</td><td><b>7</b></td>" in page
    assert page.count('class="near"') == 1


def test_the_last_decision_shows_what_each_step_left_over() -> None:
    page = render_page(status())
    assert "<li><b>49</b>predicted</li><li><b>14</b>with a signal</li><li><b>13</b>sized</li>" in page
    assert "12.5%" in page  # the target beside the weight that is held


def test_what_is_down_is_said_in_words_not_in_colour_alone() -> None:
    page = render_page(status())
    assert "✗ down" in page
    assert "✗ not yet reconciled" in page
