"""The demo's last part: promote the model if its gates let it, and trade the last session with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qts_core.market.errors import BrokerConnectionError
from qts_core.models.bundle import ModelBundle
from qts_core.ports.registry import CHALLENGER
from qts_core.research.promotion import promote
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import TrainingSummary

__all__ = ["Candidate", "choose_model", "trade_session"]

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """The model that will trade: promoted by name, or given to the paper exchange as a folder."""

    argument: tuple[str, ...]
    is_promoted: bool


def choose_model(summary: TrainingSummary, tools: ResearchTools, folder: Path) -> Candidate:
    """Promote the newest version when it is the challenger; otherwise lay its bundle out for paper use only."""
    challenger = tools.registry.by_alias(summary.registered, CHALLENGER)
    if challenger is not None and challenger.version == summary.version:
        promote(summary.registered, tools, version=summary.version)
        return Candidate((), is_promoted=True)
    place = folder / f"{summary.registered}-{summary.version}"
    ModelBundle(tools.registry.download(summary.registered, summary.version)).save(place)
    return Candidate(("--model", str(place)), is_promoted=False)


def trade_session(candidate: Candidate, session: date) -> Mapping[str, object]:
    """Run `live-daemon run` over `session` on the embedded paper exchange and return its report.

    Raises
    ------
    BrokerConnectionError
        If the daemon did not end well; its last words are in the message.
    """
    command = [
        sys.executable, "-m", "live_daemon", "run", "--mode", "paper", "--exchange", "embedded", "--speed", "lockstep",
        "--session", session.isoformat(), "--dashboard-port", "0", "--json", *candidate.argument,
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - our own program with our own arguments
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise BrokerConnectionError(
            "QTS-EXEC-001", "the daemon did not finish the session", where=session.isoformat(),
            found=f"exit {done.returncode}: {last}", fix="run `live-daemon run --speed lockstep` to see more",
        )  # fmt: skip
    report: Mapping[str, object] = json.loads(lines[-1])
    return report
