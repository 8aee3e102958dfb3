"""The daemon's reports of finished sessions, as research reads them: one JSON file a session under QTS_HOME/live."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from qts_core.report.evidence import LiveCurve
from qts_core.report.inputs import LiveSession

__all__ = ["last_live_session", "live_curve", "live_sessions", "record_parity"]


def live_sessions(live_dir: Path) -> tuple[LiveSession, ...]:
    """Return every reported session, oldest first; a file that is no report is left out."""
    folder = live_dir / "reports"
    found = [_session(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return tuple(session for session in found if session is not None)


def last_live_session(live_dir: Path) -> LiveSession | None:
    """Return the newest reported session, None when there is none."""
    sessions = live_sessions(live_dir)
    return sessions[-1] if sessions else None


def live_curve(live_dir: Path) -> LiveCurve | None:
    """Return the equity of the account at the close of each reported session; None when no report tells it.

    Sessions of an earlier account are left out.
    """
    found: list[tuple[date, float, float, str]] = []
    for path in sorted((live_dir / "reports").glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            row = (date.fromisoformat(content["session"]), float(content["equity"]), float(content["pnl"]))
            found.append((*row, str(content.get("account", ""))))
        except (KeyError, TypeError, ValueError):
            continue
    found = [row for row in found if row[3] == found[-1][3]]
    if not found or found[0][1] - found[0][2] <= 0.0:
        return None
    equity = np.array([row[1] for row in found], dtype=np.float64)
    return LiveCurve(tuple(row[0] for row in found), equity, found[0][1] - found[0][2])


def record_parity(live_dir: Path, session: date, compared: int, differences: int) -> None:
    """Add to the report of `session` how its decisions compare with the backtest; nothing to do without a report."""
    path = live_dir / "reports" / f"{session.isoformat()}.json"
    if not path.is_file():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    content["parity"] = {"compared": compared, "differences": differences}
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
    temporary.replace(path)


def _session(path: Path) -> LiveSession | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        session = date.fromisoformat(content["session"])
        found = content.get("parity")
        parity: Mapping[str, int] = found if isinstance(found, dict) else {}
        return LiveSession(
            session=session,
            mode=str(content.get("mode", "paper")),
            decisions=int(content["decisions"]),
            orders=int(content["orders"]),
            fills=int(content["fills"]),
            compared=int(parity.get("compared", 0)),
            differences=int(parity.get("differences", 0)),
            pnl=None if content.get("pnl") is None else float(content["pnl"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
