"""The operator's page escapes what it shows and stands on its own."""

from __future__ import annotations

from live_daemon.api.page import render_page


def status() -> dict[str, object]:
    """Return a snapshot with text that would break a careless page."""
    bad = "<script>alert(1)</script>"
    return {
        "mode": "HALTED", "reason": bad, "trading_mode": "paper", "account": bad, "clock": "2024-12-31T15:00:00+00:00",
        "speed": 60.0, "session": "2024-12-31", "equity": 99_000.5, "cash": "1", "day_pnl": -12.5,
        "risk_mode": "normal",
        "positions": [
            {"symbol": bad, "quantity": "1", "average_price": "2", "mark": 3.0, "value": 3.0, "weight": 0.1,
             "unrealised": -1.0}
        ],
        "open_orders": [{"symbol": bad, "status": bad, "remaining": "1", "client_order_id": bad}],
        "limits": [{"name": "gross exposure", "value": 0.5, "limit": 1.0}],
        "decision": {
            "id": bad, "model_id": bad, "risk_mode": "normal",
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
