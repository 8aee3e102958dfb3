"""The operator's page: one string of HTML, no build step, readable on a phone, light and dark (specification 13.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, cast

from live_daemon.api.style import SCRIPT, STYLE
from qts_core.market.time import NEW_YORK

__all__ = ["render_page"]

NEAR = 0.8
"""Share of a limit from which its bar warns."""

STEPS = (
    ("symbols", "symbols"), ("predicted", "predicted"), ("signals", "with a signal"), ("sized", "sized"),
    ("targets", "held after limits"), ("orders", "orders"),
)  # fmt: skip

Row = Mapping[str, Any]
"""A row of the status snapshot; its values are escaped wherever they are shown."""


def render_page(status: Mapping[str, object]) -> str:
    """Return the page for a status snapshot; without JavaScript it refreshes every five seconds."""
    mode = escape(str(status["mode"]))
    alerts = cast(Sequence[Row], status["alerts"])
    left = _positions(cast(Sequence[Row], status["positions"])) + _orders(cast(Sequence[Row], status["open_orders"]))
    right = _limits(cast(Sequence[Row], status["limits"])) + _decision(cast(Row | None, status["decision"]))
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        '<noscript><meta http-equiv=refresh content=5></noscript><link rel=icon href="data:,">'
        f"<title>QTS {escape(str(status['trading_mode']))}: {mode}</title><style>{STYLE}</style></head><body><main>"
        f"{_banner(status, mode)}<div class=page>{_figures(status)}{_alerts(alerts) if alerts else ''}"
        f"<div class=stack>{left}</div><div class=stack>{right}{_health(status)}</div></div></main>"
        f"<script>{SCRIPT}</script></body></html>"
    )


# --- the head ---------------------------------------------------------------------------------------------------------


def _banner(status: Mapping[str, object], mode: str) -> str:
    trading = str(status["trading_mode"])
    kind = trading if trading in ("dry", "paper", "live") else "live"
    speed = float(str(status["speed"]))
    pace = {0.0: "virtual time, in lockstep", 1.0: ""}.get(speed, f"virtual time, {speed:g} × real")
    clock = datetime.fromisoformat(str(status["clock"]))
    reason = f"<span>{escape(str(status['reason']))}</span>" if status["reason"] else ""
    return (
        f'<div class="banner {kind}"><header><h1>QTS · {escape(trading.upper())}</h1>'
        f'<span class="badge {mode}">{mode}</span>{reason}<span>account {escape(str(status["account"]))}</span>'
        f"<span class=right>{clock.astimezone(NEW_YORK):%a %d %b %Y · %H:%M:%S} New York · {clock:%H:%M} UTC</span>"
        f"<span id=pace>{pace}</span></header></div>"
    )


def _figures(status: Mapping[str, object]) -> str:
    pnl, equity = float(str(status["day_pnl"])), float(str(status["equity"]))
    start = equity - pnl
    share = f" ({pnl / start:+.2%})" if start > 0 else ""
    tone = "good" if pnl >= 0 else "bad"
    bar, phase = _next_bar(status)
    return (
        "<section class='all figures'>"
        f"<div><b>{equity:,.2f}</b><span>equity, USD</span></div>"
        f'<div><b class="{tone}">{pnl:+,.2f}</b><span>today, USD{share}</span></div>'
        f"<div><b>{float(str(status['cash'])):,.2f}</b><span>cash, USD</span></div>"
        f"<div><b>{len(cast(Sequence[Row], status['positions']))}</b><span>positions</span></div>"
        f"<div><b>{bar}</b><span>{phase}</span></div></section>"
    )


def _next_bar(status: Mapping[str, object]) -> tuple[str, str]:
    """Return minutes and seconds to the next bar's close, and the phase of the market."""
    now = datetime.fromisoformat(str(status["clock"]))
    ends = [status["next_bar"], status["session_open"], status["session_close"]]
    due, opens, closes = (datetime.fromisoformat(str(e)) if e else None for e in ends)
    if opens is None or closes is None:
        return "–", "no session under way"
    if now < opens:
        return "–", f"opens at {opens.astimezone(NEW_YORK):%H:%M} New York"
    if due is None or now >= closes:
        return "–", f"session of {opens.astimezone(NEW_YORK):%d %b} is closed"
    seconds = max(int((due - now).total_seconds()), 0)
    return f"{seconds // 60:02d}:{seconds % 60:02d}", f"to the next bar; open until {closes.astimezone(NEW_YORK):%H:%M}"


# --- sections ---------------------------------------------------------------------------------------------------------


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str = "", none: str) -> str:
    """Return a section with a table; a column whose name starts with ``~`` is left out on a phone."""
    if not rows:
        return f'<section class="{kind}"><h2>{escape(title)}</h2><div class=dim>{escape(none)}</div></section>'
    spare = [" class=spare" if c.startswith("~") else "" for c in columns]
    head = "".join(f"<th{s}>{escape(c.lstrip('~'))}</th>" for c, s in zip(columns, spare, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{s}>{cell}</td>" for cell, s in zip(row, spare, strict=True)) + "</tr>" for row in rows
    )
    return (
        f'<section class="{kind}"><h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></section>"
    )


def _positions(rows: Sequence[Row]) -> str:
    cells = [
        [
            escape(row["symbol"]), escape(row["quantity"]), f"{row['mark']:,.2f}", f"{row['value']:,.0f}",
            f"{row['weight']:.1%}", "–" if row["target_weight"] is None else f"{row['target_weight']:.1%}",
            f'<span class="{"good" if row["unrealised"] >= 0 else "bad"}">{row["unrealised"]:+,.2f}</span>',
        ]
        for row in rows
    ]  # fmt: skip
    columns = ("Symbol", "Shares", "~Last", "~Value, USD", "Weight", "Target", "Open P&L")
    return _table(f"Positions ({len(rows)})", columns, cells, none="flat")


def _limits(rows: Sequence[Row]) -> str:
    cells = []
    for row in rows:
        value, limit = float(row["value"]), float(row["limit"])
        used = value / limit if limit > 0 else 1.0
        tone = "over" if used >= 1 else "near" if used >= NEAR else ""
        shown = [_amount(x, limit) for x in (value, limit, max(limit - value, 0.0))]
        bar = f'<div class=meter><i class="{tone}" style="width:{min(used, 1):.0%}"></i></div>'
        cells.append([escape(row["name"]) + bar, *shown[:2], f"<b>{shown[2]}</b>", f"{used:.0%}"])
    return _table("Limits", ("Limit", "Now", "At most", "Room", "~Used"), cells, none="no limits")


def _amount(value: float, limit: float) -> str:
    """Return a count as one, and a ratio with the digits that a limit of its size needs."""
    return f"{value:.0f}" if limit > 1.5 else f"{value:.2%}" if limit < 0.05 else f"{value:.1%}"


def _decision(decision: Row | None) -> str:
    if decision is None:
        return "<section><h2>Last decision</h2><div class=dim>none yet; one is made when a bar closes</div></section>"
    counts = [(int(decision["steps"][key]), words) for key, words in STEPS]
    steps = "".join(f"<li><b>{n}</b>{words.removesuffix('s') if n == 1 else words}</li>" for n, words in counts)
    orders = "".join(
        f"<tr><td>{escape(o['symbol'])}</td><td>{escape(o['side'])} {escape(o['quantity'])}</td>"
        f"<td>{escape(o['reason'])}</td></tr>"
        for o in decision["orders"]
    )
    refused = "".join(f"<li>{escape(v['symbol'])} {escape(v['reason'])}</li>" for v in decision["verdicts"])
    at = datetime.fromisoformat(decision["ts_known"]).astimezone(NEW_YORK)
    details = f"<details><summary class=dim>what limits cut or refused</summary><ul>{refused}</ul></details>"
    head = "<tr><th>Symbol</th><th>Order</th><th>Why</th></tr>"
    return (
        f"<section class=words><h2>Last decision</h2><div>{at:%H:%M} New York <span class=dim>by "
        f"{escape(decision['model_id'])}, risk mode {escape(decision['risk_mode'])} · "
        f'<a href="/api/decisions/{escape(decision["id"])}">whole record</a></span></div><ol>{steps}</ol>'
        + (
            f"<table>{head}{orders}</table>"
            if orders
            else "<div class=dim>no orders: what is held is near enough</div>"
        )
        + (details if refused else "")
        + "</section>"
    )


def _orders(rows: Sequence[Row]) -> str:
    cells = [
        [escape(r["symbol"]), escape(r["status"]), escape(r["remaining"]), escape(r["client_order_id"])] for r in rows
    ]
    return _table(f"Open orders ({len(rows)})", ("Symbol", "Status", "Remaining", "~Id"), cells, none="none")


def _health(status: Mapping[str, object]) -> str:
    cells = [
        [f"{escape(s['name'])} stream", _state(bool(s["is_connected"]), "up", "down"),
         f"{s['messages']:,} messages, last {s['age_seconds']:.1f} s ago"
         + ("" if s["detail"] == "connected" else f"; {escape(s['detail'])}")]
        for s in cast(Sequence[Row], status["streams"])
    ]  # fmt: skip
    model, at = cast(Row, status["model"]), status["reconciled_at"]
    since = f"with the broker at {datetime.fromisoformat(str(at)).astimezone(NEW_YORK):%H:%M:%S} New York" if at else ""
    cells.append(["book", _state(at is not None, "reconciled", "not yet reconciled"), since])
    cells.append(
        ["model", _state(bool(model["id"]), "in use", "none"), f"{escape(model['id'])}, {escape(model['origin'])}"]
    )
    if model["refused"]:
        cells.append(["new model", _state(False, "", "refused"), escape(model["refused"])])
    for shadow in cast(Sequence[Row], status.get("shadows", ())):
        said = shadow["reason"] or f"{shadow['bars']} bars; {shadow['against_champion']}"
        cells.append([f"shadow {escape(shadow['alias'])}", _state(shadow["state"] != "failed", shadow["state"], "off"),
                      f"{escape(shadow['model_id'] or shadow['version'])}, {escape(said)}"])  # fmt: skip
    up = float(str(status["uptime_seconds"]))
    cells.append(["process", _state(True, "up", ""), f"{up / 3600:,.1f} hours" if up >= 5400 else f"{up:,.0f} seconds"])
    return _table("Health", ("Part", "State", "Detail"), cells, kind="words", none="none")


def _state(is_good: bool, good: str, bad: str) -> str:
    return f"<span class=good>✓ {good}</span>" if is_good else f"<span class=bad>✗ {bad}</span>"


def _alerts(rows: Sequence[Row]) -> str:
    tones = {"critical": "bad", "warning": "warn"}
    cells = [
        [f"{datetime.fromisoformat(r['at']).astimezone(NEW_YORK):%H:%M:%S}",
         f'<span class="{tones.get(r["severity"], "")}">{escape(r["severity"])}</span>',
         escape(r["title"]), escape(r["detail"])]
        for r in rows
    ]  # fmt: skip
    return _table("Alerts", ("New York", "Severity", "Alert", "Detail"), cells, kind="all words", none="none")
