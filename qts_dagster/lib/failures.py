"""The record of runs that failed: one JSON line each, for whoever alerts people (C-13)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

__all__ = ["FAILED_RUNS", "failed_runs", "record_failure"]

FAILED_RUNS = "failed_runs.jsonl"
LONGEST = 500


def record_failure(home: Path, *, job: str, run_id: str, error: str, now: datetime, reason: str = "") -> str:
    """Write a failed run down, once however often it is told, and return it in a sentence.

    Parameters
    ----------
    home : Path
        QTS_HOME.
    error : str
        Its first line is kept.
    reason : str
        Why the run was asked for.
    """
    first = (error.strip().splitlines() or ["no reason given"])[0][:LONGEST]
    record = {"at": now.isoformat(), "job": job, "run_id": run_id, "error": first, "reason": reason}
    if all(known["run_id"] != run_id for known in failed_runs(home)):
        path = home / "monitoring" / FAILED_RUNS
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, sort_keys=True) + "\n")
    return f"run {run_id[:8]} of {job} failed: {first}"


def failed_runs(home: Path) -> list[dict[str, str]]:
    """Return every recorded failure, oldest first; lines that are damaged are left out."""
    path = home / "monitoring" / FAILED_RUNS
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict) and "run_id" in content:
            found.append({str(k): str(v) for k, v in content.items()})
    return found
