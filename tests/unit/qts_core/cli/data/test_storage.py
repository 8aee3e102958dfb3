"""`qts data verify`, `compact` and `gc` from the outside."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qts_core.adapters.lake import Lake
from qts_core.cli.data import app
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, ExitCode
from tests.support.lakes import MONTH, TABLE, bars

RUNNER = CliRunner()
FEATURES = "features_0123abcd"
LONG_AGO = (datetime(2001, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The lake of a QTS_HOME: a month of two files, one superseded, an old feature table."""
    monkeypatch.setenv("QTS_HOME", str(tmp_path))
    monkeypatch.chdir(Path(__file__).parents[5])
    lake = Lake(tmp_path / "lake")
    lake.write_month(TABLE, MONTH, bars([("A", 0, 1, 9.0)]), lineage={})
    lake.write_month(TABLE, MONTH, bars([("A", 0, 1, 1.0)]), lineage={})
    lake.append_month(TABLE, MONTH, bars([("A", 0, 2, 2.0)]), lineage={})
    lake.write_month(FEATURES, MONTH, bars([("A", 0, 1, 0.5)]), lineage={})
    return lake


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def output(*arguments: str) -> dict[str, object]:
    result = RUNNER.invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    content: dict[str, object] = json.loads(result.stdout)
    return content


def test_a_sound_lake_is_verified_to_the_last_file(lake: Lake) -> None:
    report = output("verify")
    assert (report["files"], report["rows"], report["damaged"]) == (5, 3, [])
    assert len(report["unnamed"]) == 1  # type: ignore[arg-type]
    assert "qts data gc" in RUNNER.invoke(app, ["verify"]).output


def test_a_damaged_lake_exits_with_3_and_names_the_file(lake: Lake) -> None:
    partition = lake.partition(TABLE, MONTH)
    assert partition is not None
    path = Path(lake.root) / TABLE / partition.segments[1].file
    path.write_bytes(path.read_bytes()[:-1])
    for arguments in (["verify"], ["verify", "--json"]):
        result = RUNNER.invoke(app, arguments)
        assert result.exit_code == ExitCode.CORRUPT
        assert path.name in result.output
        assert "Traceback" not in result.output


def test_compaction_says_what_it_joined(lake: Lake) -> None:
    joined = json.loads(RUNNER.invoke(app, ["compact", TABLE, "--json"]).stdout)
    assert [(row["table"], row["month"], row["files"]) for row in joined] == [(TABLE, MONTH, 2)]
    assert "one file" in RUNNER.invoke(app, ["compact"]).output
    listed = {row["table"]: row["files"] for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert listed == {TABLE: 1, FEATURES: 1}


def test_collection_says_first_and_deletes_then(lake: Lake, tmp_path: Path) -> None:
    assert output("gc")["removed"] == [], "the grace has only begun"
    age(tmp_path)
    plan = output("gc", "--dry-run")
    reasons = sorted(each["reason"] for each in plan["removed"])  # type: ignore[attr-defined]
    assert reasons == [*[f"features of another catalogue: {FEATURES}"] * 2, "superseded"]
    assert lake.tables() == (FEATURES, TABLE)
    said = RUNNER.invoke(app, ["gc"]).output
    assert "superseded" in said
    assert f"{plan['freed_bytes']:,} bytes freed" in said
    assert lake.tables() == (TABLE,)
    assert lake.read_month(TABLE, MONTH)["close"].to_list() == [1.0, 2.0]
    assert output("gc")["freed_bytes"] == 0


def test_features_that_a_stored_model_uses_stay(lake: Lake, tmp_path: Path) -> None:
    bundle = tmp_path / "mlflow" / "artifacts" / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "manifest.json").write_text(json.dumps({"catalogue_hash": "0123abcd" + "0" * 56}))
    (tmp_path / "models" / "damaged").mkdir(parents=True)
    (tmp_path / "models" / "damaged" / "manifest.json").write_text("[")
    age(tmp_path)
    output("gc")
    assert lake.tables() == (FEATURES, TABLE)


def test_beyond_the_budget_old_reports_go_and_bars_stay(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QTS_MONITORING__STORAGE__BUDGET_GB", "0.000001")
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "old.html").write_bytes(b"x" * 500)
    age(tmp_path)
    (reports / "new.html").write_bytes(b"x" * 500)
    result = output("gc")
    removed = {each["file"]: each["reason"] for each in result["removed"]}  # type: ignore[attr-defined]
    assert removed["reports/old.html"] == "over the disk budget"
    assert [p.name for p in reports.iterdir()] == ["new.html"]
    assert result["over_budget_bytes"] == result["used_bytes"] - 1000  # type: ignore[operator]
    assert "over the budget" in RUNNER.invoke(app, ["gc"]).output
    assert lake.tables() == (TABLE,)


def test_a_table_goes_when_it_is_named(lake: Lake) -> None:
    output("gc", "--table", TABLE, "--dry-run")
    assert lake.tables() == (FEATURES, TABLE)
    output("gc", "--table", TABLE)
    assert lake.tables() == (FEATURES,)
    unknown = RUNNER.invoke(app, ["gc", "--table", TABLE])
    assert isinstance(unknown.exception, DataNotFoundError)


def test_a_damaged_manifest_stops_the_collection(lake: Lake) -> None:
    (Path(lake.root) / TABLE / f"{MONTH}.json").write_text("{}")
    assert isinstance(RUNNER.invoke(app, ["gc"]).exception, DataCorruptionError)
