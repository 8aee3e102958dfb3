"""The operator's page: one string of HTML, no build step, readable on a phone, light and dark (specification 13.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, cast

__all__ = ["render_page"]

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--dim:#5d6b7a;--line:#e2e6eb;--good:#0a7d4b;
--bad:#b3261e;--warn:#9a6700;--bar:#3b6fd4}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6ebf1;--dim:#94a3b5;--line:#2a333f;
--good:#4cc38a;--bad:#ff8a80;--warn:#f2c14e;--bar:#7aa2f7}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:12px;display:grid;gap:12px;grid-template-columns:repeat(12,1fr)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;grid-column:span 12;
overflow-x:auto}h1{font-size:17px;margin:0}h2{font-size:13px;margin:0 0 8px;color:var(--dim);font-weight:600}
.strip{display:flex;flex-wrap:wrap;gap:10px 28px;align-items:baseline}.big{font-size:24px;font-weight:650;
font-variant-numeric:tabular-nums}.dim{color:var(--dim);font-size:13px}.badge{padding:2px 10px;border-radius:99px;
font-weight:650;color:#fff;background:var(--dim)}.TRADING{background:#0a7d4b}.HALTED,.KILLED{background:#b3261e}
.STALE,.DEGRADED{background:#9a6700}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--dim);
font-weight:500;font-size:13px}th:first-child,td:first-child{text-align:left}.good{color:var(--good)}.bad{color:var(--bad)}
.meter{height:6px;border-radius:3px;background:var(--line);margin-top:3px}.meter i{display:block;height:100%;
border-radius:3px;background:var(--bar)}.wrap td{white-space:normal}
@media(min-width:760px){.half{grid-column:span 6}}
"""

SCRIPT = """
async function turn(){try{const r=await fetch(location.href,{cache:'no-store'});if(r.ok){const d=new DOMParser()
.parseFromString(await r.text(),'text/html');document.querySelector('main').replaceWith(d.querySelector('main'));
document.title=d.title}}catch(e){document.title='QTS: no answer'}}setInterval(turn,2000)
"""

Row = Mapping[str, Any]
"""A row of the status snapshot; its values are escaped wherever they are shown."""


def render_page(status: Mapping[str, object]) -> str:
    """Return the page for a status snapshot; without JavaScript it refreshes every five seconds."""
    mode = escape(str(status["mode"]))
    parts = [
        _strip(status, mode),
        _positions(cast(Sequence[Row], status["positions"])),
        _limits(cast(Sequence[Row], status["limits"])),
        _decision(cast(Row | None, status["decision"])),
        _orders(cast(Sequence[Row], status["open_orders"])),
        _streams(status),
        _alerts(cast(Sequence[Row], status["alerts"])),
    ]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        '<noscript><meta http-equiv=refresh content=5></noscript><link rel=icon href="data:,">'
        f"<title>QTS: {mode}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main><script>{SCRIPT}</script></body></html>"
    )


def _strip(status: Mapping[str, object], mode: str) -> str:
    pnl = float(str(status["day_pnl"]))
    tone = "good" if pnl >= 0 else "bad"
    clock = escape(str(status["clock"])[:19].replace("T", " "))
    speed = float(str(status["speed"]))
    pace = "lockstep" if speed == 0 else "real time" if speed == 1 else f"{speed:g} × real time"
    return (
        f'<section><div class=strip><h1>QTS</h1><span class="badge {mode}">{mode}</span>'
        f"<span class=dim>{escape(str(status['trading_mode']))} · account {escape(str(status['account']))}</span>"
        f"<span><span class=big>{float(str(status['equity'])):,.2f}</span> <span class=dim>equity, USD</span></span>"
        f'<span><span class="big {tone}">{pnl:+,.2f}</span> <span class=dim>today</span></span>'
        f"<span class=dim>{clock} UTC · {pace}</span></div>"
        f"<div class=dim>{escape(str(status['reason']))}</div></section>"
    )


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str = "", none: str) -> str:
    if not rows:
        return f'<section class="{kind}"><h2>{escape(title)}</h2><div class=dim>{escape(none)}</div></section>'
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<section class="{kind}"><h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></section>"
    )


def _positions(rows: Sequence[Row]) -> str:
    cells = [
        [
            escape(row["symbol"]), escape(row["quantity"]), f"{row['mark']:,.2f}", f"{row['value']:,.0f}",
            f"{row['weight']:.1%}",
            f'<span class="{"good" if row["unrealised"] >= 0 else "bad"}">{row["unrealised"]:+,.2f}</span>',
        ]
        for row in rows
    ]  # fmt: skip
    columns = ("Symbol", "Shares", "Last", "Value", "Weight", "Unrealised")
    return _table(f"Positions ({len(rows)})", columns, cells, kind="half", none="flat")


def _limits(rows: Sequence[Row]) -> str:
    cells = []
    for row in rows:
        value, limit = float(row["value"]), float(row["limit"])
        used = min(value / limit, 1.0) if limit > 0 else 1.0
        shown = (f"{value:.0f}", f"{limit:.0f}") if limit > 1.5 else (f"{value:.1%}", f"{limit:.0%}")
        bar = f"<div class=meter><i style='width:{used:.0%}'></i></div>"
        cells.append([escape(row["name"]) + bar, *shown, f"{used:.0%}"])
    return _table("Limits", ("Limit", "Now", "Limit", "Used"), cells, kind="half", none="no limits")


def _decision(decision: Row | None) -> str:
    if decision is None:
        return "<section class=half><h2>Last decision</h2><div class=dim>none yet</div></section>"
    orders = [
        [escape(o["symbol"]), escape(o["side"]), escape(o["quantity"]), escape(o["reason"])] for o in decision["orders"]
    ]
    refused = "".join(f"<li>{escape(v['symbol'])} {escape(v['reason'])}</li>" for v in decision["verdicts"])
    link = f"/api/decisions/{escape(decision['id'])}"
    table = _table("", ("Symbol", "Side", "Shares", "Why"), orders, none="no orders")
    inner = table.removeprefix('<section class=""><h2></h2>').removesuffix("</section>")
    details = f"<details><summary class=dim>limits that cut or refused</summary><ul>{refused}</ul></details>"
    return (
        f"<section class='half wrap'><h2>Last decision</h2><div><a href='{link}'>{escape(decision['id'])}</a> "
        f"<span class=dim>{escape(decision['model_id'])} · {escape(decision['risk_mode'])}</span></div>{inner}"
        + (details if refused else "")
        + "</section>"
    )


def _orders(rows: Sequence[Row]) -> str:
    cells = [
        [escape(r["symbol"]), escape(r["status"]), escape(r["remaining"]), escape(r["client_order_id"])] for r in rows
    ]
    return _table(
        f"Open orders ({len(rows)})", ("Symbol", "Status", "Remaining", "Id"), cells, kind="half", none="none"
    )


def _streams(status: Mapping[str, object]) -> str:
    cells = [
        [escape(s["name"]), "up" if s["is_connected"] else "<span class=bad>down</span>", f"{s['messages']:,}",
         f"{s['age_seconds']:.1f} s", escape(s["detail"])]
        for s in cast(Sequence[Row], status["streams"])
    ]  # fmt: skip
    model = cast(Row, status["model"])
    refused = f"<div class=bad>{escape(model['refused'])}</div>" if model["refused"] else ""
    table = _table("Streams", ("Stream", "State", "Messages", "Age", "Detail"), cells, kind="half", none="none")
    note = (
        f"<div class=dim>model {escape(model['id'])} ({escape(model['origin'])}) · reconciled "
        f"{escape(str(status['reconciled_at'])[:19])} · up {float(str(status['uptime_seconds'])):,.0f} s</div>{refused}"
    )
    return table.removesuffix("</section>") + note + "</section>"


def _alerts(rows: Sequence[Row]) -> str:
    cells = [
        [escape(r["at"][11:19]), escape(r["severity"]), escape(r["title"]), escape(r["detail"])] for r in rows
    ]  # fmt: skip
    return _table("Alerts", ("At", "Severity", "Alert", "Detail"), cells, kind="wrap", none="none")
