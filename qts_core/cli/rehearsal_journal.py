"""Markets of a calibration that are done, one line each, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from qts_core.adapters.code_version import code_version
from qts_core.config.settings import Settings
from qts_core.market.ids import digest
from qts_core.research.calibration import CalibrationSettings, MarketOutcome

__all__ = ["RehearsalJournal"]

FOLDER = "calibrations"


class RehearsalJournal:
    """The file of one rehearsal: of these settings, this code and this kind of market.

    Parameters
    ----------
    path : Path
        Made with the first market.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings, rehearsal: CalibrationSettings) -> RehearsalJournal:
        """Return the journal of a rehearsal; other settings or another commit have another one."""
        costs = settings.backtest.model_dump(mode="json")
        key = digest({
            "settings": settings.configuration_hash, "backtest": costs, "code": code_version(), **asdict(rehearsal)
        })  # fmt: skip
        return cls(settings.home / FOLDER / f"{key[:16]}.jsonl")

    def outcomes(self, markets: int) -> dict[int, MarketOutcome]:
        """Return what is known of the first `markets` markets; a line that was cut off counts as not there."""
        found: dict[int, MarketOutcome] = {}
        for line in self.path.read_text("utf-8").splitlines() if self.path.exists() else ():
            try:
                outcome = MarketOutcome.from_json(line)
            except (ValueError, TypeError, KeyError):
                continue
            found[outcome.number] = outcome
        return {number: outcome for number, outcome in found.items() if number < markets}

    def add(self, outcome: MarketOutcome) -> None:
        """Keep the outcome of a market."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{outcome.to_json()}\n")

    def forget(self) -> None:
        """Begin anew."""
        self.path.unlink(missing_ok=True)
