"""Files of every kind give the same bars, or one line that says what is wrong."""

from __future__ import annotations

import gzip
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qts_core.adapters.bar_files import import_bars, reading
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
TABLE = pl.DataFrame(
    {
        "symbol": ["AAA"] * 26,
        "timestamp": [START + timedelta(minutes=15 * i) for i in range(26)],
        "open": [10.0 + i / 100 for i in range(26)],
        "high": [10.1 + i / 100 for i in range(26)],
        "low": [9.9 + i / 100 for i in range(26)],
        "close": [10.05 + i / 100 for i in range(26)],
        "volume": [1000.0 + i for i in range(26)],
    }
)
CSV = TABLE.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv().encode()


def parquet() -> bytes:
    buffer = io.BytesIO()
    TABLE.write_parquet(buffer)
    return buffer.getvalue()


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bars.csv", CSV),
        ("bars.TXT", CSV.replace(b"\n", b"\r\n")),
        ("bars.csv", b"\xef\xbb\xbf" + CSV),
        ("bars.tsv", CSV.replace(b",", b"\t")),
        ("bars.csv.gz", gzip.compress(CSV)),
        ("bars.csv.zst", zstd(CSV)),
        ("bars.parquet", parquet()),
    ],
)
def test_every_format_gives_the_same_bars(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    result = import_bars(tmp_path / name, source="s")
    assert result.frame.select("open", "high", "low", "close", "volume").equals(
        TABLE.select("open", "high", "low", "close", "volume")
    )
    assert result.frame["ts_event"].to_list() == TABLE["timestamp"].to_list()
    assert result.frame["source"].unique().to_list() == ["s"]
    assert result.bar_minutes == 15
    assert len(result.sha256) == 64


@pytest.mark.parametrize(
    ("name", "data", "error", "message"),
    [
        ("bars.csv", b"", DataNotFoundError, "QTS-DATA-002"),
        ("bars.csv", CSV.split(b"\n")[0], DataNotFoundError, "0 data rows"),
        ("bars.h5", CSV, DataCorruptionError, "QTS-DATA-003"),
        ("bars.xlsx", CSV, DataValidationError, "QTS-DATA-003"),
        ("bars", CSV, DataValidationError, "no suffix"),
        ("bars.parquet", parquet()[:-20], DataCorruptionError, "damaged or cut off"),
        ("bars.parquet", CSV, DataCorruptionError, "damaged or cut off"),
        ("bars.csv.gz", gzip.compress(CSV)[:-30], DataCorruptionError, "damaged or cut off"),
        ("bars.csv.gz", CSV, DataCorruptionError, "damaged or cut off"),
        ("bars.csv.gz", gzip.compress(b"0" * 80_000_000), DataValidationError, "QTS-DATA-010"),
    ],
)
def test_what_is_no_file_of_bars_is_refused(
    tmp_path: Path, name: str, data: bytes, error: type[Exception], message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error, match=message):
        import_bars(tmp_path / name)


def test_a_parquet_bomb_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"symbol": pl.repeat(1.0, 20_000_000, eager=True)}).write_parquet(
        tmp_path / "bomb.parquet", use_pyarrow=True, pyarrow_options={"use_dictionary": False}
    )
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(DataValidationError, match="QTS-DATA-010"):
        import_bars(tmp_path / "bomb.parquet")


def test_a_missing_file_and_a_folder_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="No such file"):
        import_bars(tmp_path / "none.csv")
    with pytest.raises(DataNotFoundError, match="QTS-DATA-001"):
        import_bars(tmp_path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bars.csv"
    file.write_bytes(CSV)

    def parse_and_touch(*args: object, **kwargs: object) -> object:
        result = parse_bars(*args, **kwargs)  # type: ignore[arg-type]  # handed on as given
        os.utime(file, ns=(1, 1))
        return result

    monkeypatch.setattr(reading, "parse_bars", parse_and_touch)
    with pytest.raises(DataCorruptionError, match="QTS-DATA-011"):
        import_bars(file)


@pytest.mark.real_data
def test_the_real_file_comes_in_whole(real_data: Path) -> None:
    result = import_bars(real_data / "av_15min_2020_2022" / "bars_15m_rth.parquet")
    assert (result.frame.height, result.frame["symbol"].n_unique()) == (463_194, 36)
    assert (result.bar_minutes, result.warnings) == (15, ())
