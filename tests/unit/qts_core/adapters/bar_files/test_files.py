"""Folders, archives and several files of one market."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.bar_files import BarFile, ReadOptions, find_files, import_many
from qts_core.adapters.bar_files.formats import is_bar_file, symbol_of_name
from qts_core.data.reading.columns import ALIASES
from qts_core.market.errors import DataNotFoundError, DataValidationError
from tests.support.bar_tables import csv_of, sound_bars

SOUND = sound_bars(symbols=("AAPL", "BRK.B"))
OPTIONS = ReadOptions()
ROOT = Path(__file__).parents[5]


def one(symbol: str) -> pl.DataFrame:
    """One symbol's bars without their name."""
    return SOUND.filter(pl.col("symbol") == symbol).drop("symbol")


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("AAPL.csv", "AAPL"), ("aapl_15min_adj.txt.gz", "AAPL"), ("BRK.B.parquet", "BRK.B"),
        ("brk-b_2024.csv", "BRK.B"),
        ("x/y/MSFT.feather", "MSFT"), ("2024-03.csv", None), ("everything_2024.csv", None), ("CON", "CON"),
    ],
)  # fmt: skip
def test_a_file_name_begins_with_its_symbol_or_gives_none(name: str, symbol: str | None) -> None:
    assert symbol_of_name(name) == symbol


def test_a_folder_of_one_file_a_symbol_is_one_market(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "AAPL.csv").write_bytes(csv_of(one("AAPL")))
    one("BRK.B").write_parquet(tmp_path / "more" / "BRK-B_15min.parquet")
    (tmp_path / "readme.md").write_text("words")
    (tmp_path / ".hidden.csv").write_text("words")
    files, skipped = find_files([tmp_path])
    assert [file.symbol for file in files] == ["AAPL", "BRK.B"]
    assert skipped == ("readme.md",)
    read: list[Path] = []
    result = import_many(files, OPTIONS, progress=read.append)
    assert sorted(read) == sorted(file.path for file in files)
    assert result.frame.group_by("symbol").len().sort("symbol").rows() == [("AAPL", 130), ("BRK.B", 130)]
    assert result.frame["ts_event"].is_sorted()
    assert sorted(result.frame["source"].unique().to_list()) == ["AAPL.csv", "BRK-B_15min.parquet"]


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_bytes(csv_of(SOUND))
    files, _ = find_files([tmp_path, tmp_path / "AAPL.csv"])
    assert len(files) == 1


def test_a_single_file_is_not_named_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(csv_of(one("AAPL")))
    files, _ = find_files([path])
    with pytest.raises(DataValidationError, match="--symbol AAPL"):
        import_many(files, OPTIONS)
    assert import_many(files, ReadOptions(symbol="aapl")).frame["symbol"].unique().to_list() == ["AAPL"]


def test_a_file_whose_name_is_no_symbol_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("AAPL.csv", "everything.csv"):
        (tmp_path / name).write_bytes(csv_of(one("AAPL")))
    with pytest.raises(DataValidationError, match=r"columns are missing at everything\.csv"):
        import_many(find_files([tmp_path])[0], OPTIONS)


def test_a_folder_without_bars_and_a_path_that_is_not_there_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("words")
    with pytest.raises(DataNotFoundError, match="no file of bars"):
        find_files([tmp_path])
    with pytest.raises(DataNotFoundError, match="No such file"):
        import_many([BarFile(tmp_path / "none.csv")], OPTIONS)


def test_bars_of_different_lengths_do_not_come_together(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_bytes(csv_of(sound_bars(symbols=("AAPL",))))
    (tmp_path / "MSFT.csv").write_bytes(csv_of(sound_bars(symbols=("MSFT",), minutes=5)))
    with pytest.raises(DataValidationError, match=r"QTS-DATA-015.*5 minutes, 15 minutes"):
        import_many(find_files([tmp_path])[0], OPTIONS)


def test_an_archive_of_one_file_a_symbol_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/AAPL.txt", csv_of(one("AAPL")))
        archive.writestr("data/BRK-B.csv.gz", gzip.compress(csv_of(one("BRK.B"))))
        archive.writestr("data/readme.md", "words")
    (tmp_path / "vendor.zip").write_bytes(buffer.getvalue())
    result = import_many(find_files([tmp_path / "vendor.zip"])[0], OPTIONS)
    assert result.frame.drop("source").equals(
        import_many([BarFile(write(tmp_path / "all.csv", csv_of(SOUND)))], OPTIONS).frame.drop("source")
    )


def test_an_archive_of_other_things_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.md", "words")
    with pytest.raises(DataNotFoundError, match="the archive holds no file of bars"):
        import_many([BarFile(write(tmp_path / "words.zip", buffer.getvalue()))], OPTIONS)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("inner.zip", buffer.getvalue())
    with pytest.raises(DataValidationError, match=r"not read inside one.*inner\.zip"):
        import_many([BarFile(write(tmp_path / "nested.zip", buffer.getvalue()))], OPTIONS)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_only_known_names_are_bar_files() -> None:
    assert all(map(is_bar_file, ["a.CSV", "a.csv.gz", "a.txt.zst", "a.parquet", "a.feather", "a.h5", "a.zip", "a.tar"]))
    assert not any(map(is_bar_file, ["a.parquet.gz", "a.xlsx", "a.pkl", "a.tar.gz", "a", "csv"]))


def test_the_page_about_bars_names_every_alias() -> None:
    page = (ROOT / "docs" / "concepts" / "bars.md").read_text(encoding="utf-8")
    for name, aliases in ALIASES.items():
        assert f"| `{name}` | {', '.join(aliases)} |" in page
