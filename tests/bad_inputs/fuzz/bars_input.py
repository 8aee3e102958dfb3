"""A small sound file of bars in every format, and one attempt to import bytes under a name."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pyarrow as pa

from qts_core.adapters.bar_files import import_bars
from qts_core.adapters.lake import Lake
from qts_core.data.admission import examine_bars
from qts_core.data.reading.parsing import ImportResult
from qts_core.market.calendar import xnys
from tests.bad_inputs.fuzz.contract import check_contract
from tests.support.bar_tables import FIRST, csv_of, sound_bars

__all__ = ["CSV", "seeds", "try_bars"]

BARS = sound_bars(FIRST, FIRST)
CSV = csv_of(BARS)


def try_bars(folder: Path, name: str, data: bytes) -> ImportResult | None:
    """Import `data` as a file called `name`, up to the point where it would be written; None when it was refused."""
    path = folder / name
    path.write_bytes(data)
    read = check_contract(lambda: import_bars(path, timezone="America/New_York"))
    if not isinstance(read, ImportResult):
        return None
    check_contract(
        lambda: examine_bars(
            Lake(folder / "lake"), read.frame, calendar=xnys(), now=None, origin=name, bar_minutes=read.bar_minutes,
            adjustment="auto",
        )
    )  # fmt: skip
    return read


def seeds(folder: Path) -> Mapping[str, bytes]:
    """Return the sound file in every format, by name."""
    parquet, feather, packed, archive = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    BARS.write_parquet(parquet)
    BARS.write_ipc(feather)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("AAPL.csv", CSV)
    with tarfile.open(fileobj=archive, mode="w") as members:
        member = tarfile.TarInfo("AAPL.csv")
        member.size = len(CSV)
        members.addfile(member, io.BytesIO(CSV))
    with h5py.File(folder / "seed.h5", "w") as file:
        for column in ("open", "high", "low", "close", "volume"):
            file[f"AAPL/{column}"] = BARS[column].to_numpy()
        file["AAPL/timestamp"] = BARS["timestamp"].dt.epoch("us").to_numpy().astype(np.int64)
        file.create_dataset("MSFT", data=_records(), compression="gzip")
    return {
        "bars.csv": CSV,
        "bars.csv.gz": gzip.compress(CSV, mtime=0),
        "bars.csv.zst": bytes(pa.Codec("zstd").compress(CSV, asbytes=True)),
        "bars.parquet": parquet.getvalue(),
        "bars.feather": feather.getvalue(),
        "bars.h5": (folder / "seed.h5").read_bytes(),
        "bars.zip": packed.getvalue(),
        "bars.tar": archive.getvalue(),
    }


def _records() -> np.ndarray:
    part = BARS.filter(pl.col("symbol") == "MSFT")
    rows = np.zeros(
        part.height, [("timestamp", "i8"), *((c, "f8") for c in ("open", "high", "low", "close", "volume"))]
    )
    rows["timestamp"] = part["timestamp"].dt.epoch("ms").to_numpy()
    for column in ("open", "high", "low", "close", "volume"):
        rows[column] = part[column].to_numpy()
    return rows
