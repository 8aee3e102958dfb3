"""`qts ledger` over a real database: what it prints, and that it finds every planted change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.settings_files import load_settings
from qts_core.cli import compose
from qts_core.cli.errors import run_command
from qts_core.cli.ledger import app
from qts_core.market.errors import ExitCode, ModelError
from qts_core.research.approval import LEDGER_TAG, anchor_tag, gate_record
from qts_core.research.gates import Gate, GateReport
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind, TrialLedger, chained
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.research.memory import NOON, SEAL, MemoryRegistry, memory_tools

ROWS = 6
Run = tuple[int, str, str]


def trial(number: int) -> Trial:
    values = np.random.default_rng(number).standard_normal(40) * 0.01
    return Trial(
        TrialKind.SEARCH, "toy", f"{number:064x}", study="s1", daily_sharpe=0.1 * number, sessions=40,
        failure="pruned" if number == 3 else "", detail={"depth": str(number)},
        returns=ReturnSeries.of(np.arange(40), values),
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryRegistry:
    """Six trials; the fourth head is in a signed gate record, the sixth in a tag of the registry."""
    outside = MemoryRegistry()
    with open_database(load_settings().settings.database.url) as database:
        ledger = TrialLedger(database.trials)
        for number in range(1, ROWS + 1):
            ledger.record(trial(number), now=NOON + timedelta(minutes=number))
            if number == 4:
                gate = Gate("gate.trades", 400.0, 100.0, ">=", True, "completed trades: 400")
                record = gate_record(
                    model="qts_toy", version="1", bundle_sha256="b" * 64, report=GateReport((gate,), "pessimistic"),
                    now=NOON, seal=SEAL, head=ledger.head(),
                )  # fmt: skip
                database.gates.add(record)
        outside.register("qts_toy", "b" * 64)
        outside.set_tags("qts_toy", "1", {LEDGER_TAG: anchor_tag(ledger.head(), SEAL)})

    @contextmanager
    def tools(*_: object, **__: object) -> Iterator[ResearchTools]:
        with open_database(load_settings().settings.database.url) as opened:
            yield replace(memory_tools(outside), ledger=TrialLedger(opened.trials), gates=opened.gates)

    monkeypatch.setattr(compose, "research_tools", tools)
    return outside


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> Run:
    monkeypatch.setattr("sys.argv", ["qts ledger", *words])
    code = run_command(app, "qts ledger")
    out, err = capsys.readouterr()
    return int(code), out, err


def tamper(home: Path, *statements: str) -> None:
    """Change the database as someone who owns the file can: the triggers go first."""
    with sqlite3.connect(home / "qts.db") as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.usefixtures("registry")
def test_an_untouched_ledger_verifies_and_says_how_many_verdicts_vouch_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsys, monkeypatch, "verify")
    assert (code, err) == (0, "")
    assert out.startswith("6 rows, unbroken; 2 verdicts")


PLANTED = {
    "edited": (2, ["UPDATE trials SET payload = replace(payload, 'toy', 'joy') WHERE sequence = 2"]),
    "deleted": (3, ["DELETE FROM trials WHERE sequence = 3"]),
    "deleted and renumbered": (
        3,
        ["DELETE FROM trials WHERE sequence = 3", *(f"UPDATE trials SET sequence = {n - 1} WHERE sequence = {n}"
                                                     for n in range(4, ROWS + 1))],
    ),
    "inserted": (7, ["INSERT INTO trials SELECT 7, trial_id, model, payload, created_at, record_hash, 'f' || "
                     "substr(record_hash, 2) FROM trials WHERE sequence = 6"]),
    "reordered": (
        2,
        ["UPDATE trials SET sequence = 99 WHERE sequence = 2", "UPDATE trials SET sequence = 2 WHERE sequence = 5",
         "UPDATE trials SET sequence = 5 WHERE sequence = 99"],
    ),
    "tail cut off below the record": (4, ["DELETE FROM trials WHERE sequence > 3"]),
    "tail cut off below the tag": (6, ["DELETE FROM trials WHERE sequence > 5"]),
    "everything gone": (1, ["DELETE FROM trials"]),
}  # fmt: skip


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("change", PLANTED)
def test_every_planted_change_is_found_with_its_first_row(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    first_bad, statements = PLANTED[change]
    tamper(home, *statements)
    code, out, _ = run(capsys, monkeypatch, "verify", "--json")
    assert code == ExitCode.CORRUPT
    assert json.loads(out)["first_bad"] == first_bad
    assert json.loads(out)["problem"]
    assert f"row {first_bad} is the first" in run(capsys, monkeypatch, "verify")[1]


@pytest.mark.usefixtures("registry")
def test_a_chain_written_anew_from_row_two_on_is_found_by_the_heads_kept_elsewhere(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_database(load_settings().settings.database.url) as database:
        forged = [*database.trials.all()[:1]]
        for number in range(2, ROWS + 1):
            forged.append(chained(forged[-1], trial(number + 50), NOON))
    tamper(home, "DELETE FROM trials WHERE sequence > 1")
    with open_database(load_settings().settings.database.url) as database:
        for row in forged[1:]:
            database.trials.append(lambda _, row=row: row)  # type: ignore[misc]
    code, out, _ = run(capsys, monkeypatch, "verify")
    assert code == ExitCode.CORRUPT
    assert "written anew" in out
    assert "gate record of qts_toy version 1" in out


def test_heads_of_another_home_in_the_same_registry_are_not_ours(
    registry: MemoryRegistry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.set_tags("qts_toy", "1", {LEDGER_TAG: f"900 rows, {'a' * 64}, key 00000000"})
    assert run(capsys, monkeypatch, "verify")[0] == 0


def test_a_registry_that_does_not_answer_is_said_and_the_records_still_vouch(
    registry: MemoryRegistry, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> tuple[str, ...]:
        raise ModelError("QTS-MODEL-006", "the registry does not answer")

    monkeypatch.setattr(registry, "models", silent)
    code, out, err = run(capsys, monkeypatch, "verify")
    assert (code, "1 verdicts" in out) == (0, True)
    assert "not asked: " in err
    tamper(home, "DELETE FROM trials WHERE sequence > 3")
    assert run(capsys, monkeypatch, "verify")[0] == ExitCode.CORRUPT


@pytest.mark.usefixtures("registry")
def test_gate_records_that_do_not_fit_their_signature_are_counted(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(home, "UPDATE gate_records SET version = '2'")
    _, out, _ = run(capsys, monkeypatch, "verify", "--json")
    assert json.loads(out)["gate_records"] == {"broken": 1}
    said = run(capsys, monkeypatch, "verify")[2]
    assert said.strip() == "Gate records that were changed after they were written, and that the daemon refuses: 1"


@pytest.mark.usefixtures("registry")
def test_list_shows_the_newest_also_those_that_failed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(capsys, monkeypatch, "list", "--last", "4")
    assert out.splitlines()[2].split()[0] == "3"
    assert "pruned" in out
    rows = json.loads(run(capsys, monkeypatch, "list", "--json")[1])
    assert [row["row"] for row in rows] == list(range(1, ROWS + 1))
    assert rows[0]["returns"] == 40
    assert json.loads(run(capsys, monkeypatch, "list", "--kind", "training", "--json")[1]) == []
    assert run(capsys, monkeypatch, "list", "--kind", "guess")[0] == ExitCode.USER_ERROR


@pytest.mark.usefixtures("registry")
def test_show_finds_a_trial_by_row_and_by_the_start_of_its_identity(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pruned" in run(capsys, monkeypatch, "show", "3")[1]
    found = json.loads(run(capsys, monkeypatch, "show", f"{5:064x}", "--json")[1])
    assert [(row["row"], row["detail"]) for row in found] == [(5, {"depth": "5"})]
    code, _, err = run(capsys, monkeypatch, "show", "99")
    assert code == ExitCode.USER_ERROR
    assert "QTS-MODEL-066" in err


@pytest.mark.usefixtures("registry")
def test_summary_counts_trials_and_independent_ones(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(run(capsys, monkeypatch, "summary", "--json")[1])
    assert (found["trials"], found["failed"], found["with_returns"]) == (6, 1, 6)
    assert 4.5 < found["independent"] <= 6.0
    assert "independent" in run(capsys, monkeypatch, "summary")[1]


@pytest.mark.usefixtures("home")
def test_an_empty_ledger_lists_nothing_and_counts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing was tried" in run(capsys, monkeypatch, "list")[2]
    assert json.loads(run(capsys, monkeypatch, "summary", "--json")[1])["trials"] == 0


@pytest.mark.usefixtures("registry")
def test_a_row_that_is_no_trial_is_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(home, "UPDATE trials SET payload = '[]' WHERE sequence = 4")
    code, _, err = run(capsys, monkeypatch, "list")
    assert code == ExitCode.CORRUPT
    assert "row 4" in err
    assert "Traceback" not in err
