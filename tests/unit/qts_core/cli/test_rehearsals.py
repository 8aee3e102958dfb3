"""A calibration that is interrupted keeps what is done, and the same command goes on from there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qts_core.adapters.settings_files import load_settings
from qts_core.cli import rehearsals
from qts_core.cli.calibrate import app
from qts_core.cli.errors import run_command
from qts_core.cli.rehearsal_journal import RehearsalJournal
from qts_core.config.settings import Settings
from qts_core.market.errors import ExitCode
from qts_core.research.calibration import CalibrationSettings, MarketOutcome

REHEARSAL = CalibrationSettings(signal=0.0, seed=3)


def outcome(number: int) -> MarketOutcome:
    sharpe = math.nan if number == 2 else 0.1 * number
    return MarketOutcome(number, 100 + number, number == 1, ("permutation",), sharpe, 310, 500, 1, 1.5)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("QTS_HOME", str(tmp_path))
    return load_settings().settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Markets that would have been run, run by run; the user stops the first run after two."""
    runs: list[list[int]] = []

    def run(_: CalibrationSettings, numbers: Sequence[int], __: int, take: Callable[[MarketOutcome], None]) -> None:
        runs.append(list(numbers))
        for done, number in enumerate(numbers):
            if len(runs) == 1 and done == 2:
                raise KeyboardInterrupt
            take(outcome(number))

    monkeypatch.setattr(rehearsals, "_run", run)
    return runs


def test_what_was_done_is_not_done_again(settings: Settings, asked: list[list[int]]) -> None:
    with pytest.raises(rehearsals.Interrupted, match="2 of 5 markets are done and kept"):
        rehearsals.run_calibration(settings, REHEARSAL, 5)
    done = rehearsals.run_calibration(settings, REHEARSAL, 5)
    assert asked == [[0, 1, 2, 3, 4], [2, 3, 4]]
    assert [o.number for o in done.outcomes] == [0, 1, 2, 3, 4]
    assert rehearsals.run_calibration(settings, REHEARSAL, 3).outcomes[:2] == done.outcomes[:2]
    assert asked[2] == []
    rehearsals.run_calibration(settings, REHEARSAL, 5, is_new=True)
    assert asked[3] == [0, 1, 2, 3, 4]


def test_an_interruption_is_one_line(
    settings: Settings, asked: list[list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(app, "qts", ["--markets", "4", "--seed", "3"]) == ExitCode.INTERRUPTED
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == (
        "stopped: 2 of 4 markets are done and kept; the same command goes on from there"
    )
    assert len(said.err.splitlines()) == 3
    assert asked == [[0, 1, 2, 3]]


def test_other_markets_have_another_journal(settings: Settings) -> None:
    paths = {
        RehearsalJournal.of(settings, each).path
        for each in (
            REHEARSAL,
            replace(REHEARSAL, seed=4),
            replace(REHEARSAL, signal=0.5),
            replace(REHEARSAL, trials=2),
        )
    }
    assert len(paths) == 4


def test_a_line_that_was_cut_off_counts_as_not_there(tmp_path: Path) -> None:
    journal = RehearsalJournal(tmp_path / "calibrations" / "x.jsonl")
    assert journal.outcomes(9) == {}
    for number in range(3):
        journal.add(outcome(number))
    with journal.path.open("a") as file:
        file.write(outcome(3).to_json()[:40])
    journal.add(outcome(4))
    found = journal.outcomes(9)
    assert sorted(found) == [0, 1, 2, 4]
    assert math.isnan(found[2].net_sharpe)
    assert found[1] == outcome(1)
    assert sorted(journal.outcomes(2)) == [0, 1]
