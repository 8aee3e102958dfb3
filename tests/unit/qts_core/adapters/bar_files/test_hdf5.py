"""Every layout of HDF5 tables that is read gives the same bars."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest

from qts_core.adapters.bar_files import import_bars
from qts_core.market.errors import DataCorruptionError, DataValidationError
from tests.support.bar_tables import sound_bars

BARS = sound_bars(symbols=("AAPL",))
COLUMNS = {
    "timestamp": BARS["timestamp"].dt.epoch("ns").to_numpy(),
    **{name: BARS[name].to_numpy() for name in ("open", "high", "low", "close", "volume")},
}
ROWS = BARS.height


def records(extra: tuple[tuple[str, str], ...] = ()) -> np.ndarray:
    rows = np.zeros(ROWS, [*((name, values.dtype) for name, values in COLUMNS.items()), *extra])
    for name, values in COLUMNS.items():
        rows[name] = values
    return rows


def compound_with_symbols(file: h5py.File) -> None:
    rows = records((("symbol", "S8"),))
    rows["symbol"] = b"AAPL"
    file.create_dataset("bars", data=rows, compression="gzip", shuffle=True)


def named_table(file: h5py.File) -> None:
    file.create_dataset("AAPL", data=records(), compression="lzf")


def group_of_columns(file: h5py.File) -> None:
    for name, values in COLUMNS.items():
        file[f"prices/AAPL/{name}"] = values


def texts_as_times(file: h5py.File) -> None:
    for name, values in COLUMNS.items():
        file[f"AAPL/{name}"] = values
    del file["AAPL/timestamp"]
    file["AAPL/timestamp"] = BARS["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy().astype("S20")


def pandas_table(file: h5py.File) -> None:
    """As pandas and PyTables lay out ``to_hdf(..., format="table")``: names of block columns in pickled lists."""
    group = file.create_group("AAPL")
    group.attrs["pandas_type"] = b"frame_table"
    rows = np.zeros(ROWS, [("index", "i8"), ("values_block_0", "f8", (5,))])
    rows["index"] = COLUMNS["timestamp"]
    names = ["open", "high", "low", "close", "volume"]
    for i, name in enumerate(names):
        rows["values_block_0"][:, i] = COLUMNS[name]
    group.create_dataset("table", data=rows).attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(names, 0))


@pytest.mark.parametrize("write", [compound_with_symbols, named_table, group_of_columns, texts_as_times, pandas_table])
def test_every_layout_gives_the_same_bars(tmp_path: Path, write: Callable[[h5py.File], None]) -> None:
    with h5py.File(tmp_path / "bars.h5", "w") as file:
        write(file)
    frame = import_bars(tmp_path / "bars.h5").frame
    assert frame["ts_event"].to_list() == BARS["timestamp"].to_list()
    assert frame["symbol"].unique().to_list() == ["AAPL"]
    assert frame.select("open", "high", "low", "close", "volume").equals(
        BARS.select("open", "high", "low", "close", "volume")
    )


def test_more_rows_than_a_batch_come_whole(tmp_path: Path) -> None:
    rows = 600_000
    seconds = 1_709_562_600 + 900 * np.arange(rows)
    with h5py.File(tmp_path / "bars.h5", "w") as file:
        file["AAPL/timestamp"] = seconds
        for name in ("open", "high", "low", "close", "volume"):
            file[f"AAPL/{name}"] = np.arange(1, rows + 1, dtype=np.float64)
    frame = import_bars(tmp_path / "bars.h5").frame
    assert frame["close"].to_list() == list(range(1, rows + 1))
    assert pl.Series(seconds).equals(frame["ts_event"].dt.epoch("s").rename(""))


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda f: f.create_dataset("x", data=np.zeros((3, 3))), "a data set that is no column"),
        (lambda f: [f.create_dataset(n, data=np.zeros(i)) for i, n in enumerate("ab")], "columns of different lengths"),
        (lambda f: f.create_group("a").__setitem__("self", f["a"]), "groups lie too deep"),
        (lambda f: f.create_group("a").attrs.__setitem__("pandas_type", b"frame"), "pandas' fixed layout"),
        (lambda f: f.create_dataset("x", data=np.zeros(3, "S999")), "text that is too long"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, write: Callable[[h5py.File], object], what: str) -> None:
    with h5py.File(tmp_path / "bars.h5", "w") as file:
        write(file)
    with pytest.raises(DataValidationError, match=f"QTS-DATA-025.*{what}"):
        import_bars(tmp_path / "bars.h5")


def test_a_promise_of_too_many_values_is_refused_before_they_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bars.h5", "w") as file:
        file.create_dataset("open", shape=(10**9,), dtype="f8", chunks=(10**6,), compression="gzip")
    with pytest.raises(DataValidationError, match=r"QTS-DATA-010.*1000000000 rows"):
        import_bars(tmp_path / "bars.h5")


def test_a_file_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bars.h5", "w") as file:
        named_table(file)
    whole = (tmp_path / "bars.h5").read_bytes()
    (tmp_path / "bars.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataCorruptionError, match="QTS-DATA-003"):
        import_bars(tmp_path / "bars.h5")
