"""`qts data check` from the outside: what to do is said first, nothing is changed, scripts can rely on the code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from qts_core.cli.data import app
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.errors import DataNotFoundError, InvalidConfigError

RUNNER = CliRunner()
SPAN = SyntheticMarketSettings(symbols=3, first=date(2024, 3, 25), last=date(2024, 4, 5))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(Path(__file__).parents[5])
    return tmp_path / "home"


@pytest.fixture(scope="module")
def market() -> pl.DataFrame:
    return synthetic_market(SPAN).bars.drop("source")


@pytest.fixture
def file(tmp_path: Path, market: pl.DataFrame) -> Path:
    market.write_parquet(tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


@pytest.fixture
def refused(tmp_path: Path, market: pl.DataFrame) -> Path:
    late = pl.col("ts_event").dt.date() >= date(2024, 4, 1)
    prices = [pl.when(late).then(pl.col(n) * 5).otherwise(pl.col(n)).alias(n) for n in ("open", "high", "low", "close")]
    market.with_columns(prices).write_csv(tmp_path / "split.csv")
    return tmp_path / "split.csv"


def test_sound_bars_are_accepted_and_nothing_is_written(file: Path, home: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(file)])
    assert result.exit_code == 0, result.output
    assert "an import would be accepted" in result.stdout
    assert not (home / "lake").exists()


def test_a_refused_file_says_where_what_and_the_command_to_run(refused: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(refused)])
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[2].startswith("error Q401 price_jumps (refuse)")
    assert "nearest split 1:5" in result.stdout
    assert f"qts data import {refused} --refused drop" in result.stdout
    assert "an import would be refused" in lines[-1]


def test_a_table_of_actions_explains_the_step(refused: Path, tmp_path: Path, market: pl.DataFrame) -> None:
    names = market["symbol"].unique().sort()
    table = pl.DataFrame(
        {
            "symbol": names,
            "ex_date": ["2024-04-01"] * len(names),
            "action": ["split"] * len(names),
            "value": [0.2] * len(names),
        }
    )
    table.write_csv(tmp_path / "splits.csv")
    result = RUNNER.invoke(app, ["check", str(refused), "--actions", str(tmp_path / "splits.csv")])
    assert result.exit_code == 0, result.stdout
    empty = RUNNER.invoke(app, ["check", str(refused), "--actions", str(refused)])
    assert isinstance(empty.exception, DataNotFoundError)
    assert empty.exception.code == "QTS-DATA-030"


def test_json_holds_every_finding(refused: Path) -> None:
    content = json.loads(RUNNER.invoke(app, ["check", str(refused), "--json"]).stdout)
    assert content["refused"] is True
    assert content["findings"][0]["code"] == "Q401"
    assert content["title"] == "split.csv"


def test_the_page_is_written_beside_the_answer(refused: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(refused), "--page", str(tmp_path / "quality.html")])
    assert result.exit_code == 2
    assert "These bars would be refused" in (tmp_path / "quality.html").read_text(encoding="utf-8")
    nowhere = RUNNER.invoke(app, ["check", str(refused), "--page", str(tmp_path / "no" / "quality.html")])
    assert isinstance(nowhere.exception, InvalidConfigError)


def test_a_folder_is_judged_as_one_market(tmp_path: Path, market: pl.DataFrame) -> None:
    folder = tmp_path / "vendor"
    folder.mkdir()
    for (name,), part in market.partition_by("symbol", as_dict=True).items():
        part.write_csv(folder / f"{name}.csv")
    content = json.loads(RUNNER.invoke(app, ["check", str(folder), "--json"]).stdout)
    assert content["symbols"] == 3
    assert content["rows"] == market.height


def test_another_source_is_compared_bar_by_bar(file: Path, tmp_path: Path, market: pl.DataFrame) -> None:
    is_off = (pl.col("ts_event").dt.date() == date(2024, 4, 2)) & (pl.col("symbol") == market["symbol"][0])
    off = market.with_columns(
        pl.when(is_off).then(pl.col(n) * 1.02).otherwise(pl.col(n)).alias(n) for n in ("high", "close")
    )
    off.write_parquet(tmp_path / "other.parquet")
    content = json.loads(
        RUNNER.invoke(app, ["check", str(file), "--against", str(tmp_path / "other.parquet"), "--json"]).stdout
    )
    assert {f["rule"]: f["count"] for f in content["findings"]}["cross_source"] == 26
    assert RUNNER.invoke(app, ["import", str(file)]).exit_code == 0
    same = json.loads(RUNNER.invoke(app, ["check", str(file), "--against", "lake", "--json"]).stdout)
    assert "cross_source" not in {f["rule"] for f in same["findings"]}


def test_daily_bars_are_judged_with_the_actions_beside_them(tmp_path: Path) -> None:
    days = [date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6), date(2024, 3, 7), date(2024, 3, 8)]
    closes = [100.0, 101.0, 25.2, 25.3, 25.1]
    table = pl.DataFrame(
        {"date": days, "open": closes, "high": closes, "low": closes, "close": closes, "volume": [1000] * 5}
    )
    table.with_columns(split_coefficient=pl.Series([1.0, 1.0, 4.0, 1.0, 1.0])).write_csv(tmp_path / "AAA.csv")
    result = RUNNER.invoke(app, ["check", str(tmp_path / "AAA.csv"), "--symbol", "AAA"])
    assert result.exit_code == 0, result.output
    assert "are judged, an import takes those of 1, 3, 5 or 15" in result.stdout
    table.write_csv(tmp_path / "AAA.csv")
    assert RUNNER.invoke(app, ["check", str(tmp_path / "AAA.csv"), "--symbol", "AAA"]).exit_code == 2
