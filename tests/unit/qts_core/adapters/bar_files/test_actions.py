"""Files of corporate actions in the formats that bars come in."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.bar_files.actions import read_actions
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError

TEXT = "symbol,ex_date,kind,value\nAAPL,2020-08-31,split,4\nAAPL,2020-08-07,dividend,0.82\n"


def test_text_packed_text_and_parquet_give_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TEXT)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    pl.read_csv(TEXT.encode(), try_parse_dates=True).write_parquet(tmp_path / "a.parquet")
    tables = [read_actions(tmp_path / name, source="t")[0] for name in ("a.csv", "a.csv.gz", "a.parquet")]
    assert tables[0].height == 2
    assert all(table.equals(tables[0]) for table in tables)
    assert read_actions(tmp_path / "a.csv")[0]["source"].unique().to_list() == ["a.csv"]


def test_the_sample_of_505_companies_reads_whole(real_data: Path) -> None:
    path = real_data / "daily_sp500_1999_2021" / "corporate_actions_all_505.parquet"
    actions, sha256 = read_actions(path)
    assert dict(actions.group_by("kind").len().iter_rows()) == {"dividend": 27_729, "split": 473}
    assert len(sha256) == 64


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataNotFoundError, match="QTS-DATA-002"):
        read_actions(tmp_path / "empty.csv")
    with pytest.raises(DataNotFoundError, match="QTS-DATA-001"):
        read_actions(tmp_path / "absent.csv")
    (tmp_path / "short.csv").write_text("symbol,ex_date,kind,value\nAAPL,2020-08-31\n")
    with pytest.raises(DataValidationError, match="QTS-DATA-005"):
        read_actions(tmp_path / "short.csv")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataCorruptionError, match=r"QTS-DATA-003.*cut\.parquet"):
        read_actions(tmp_path / "cut.parquet")
