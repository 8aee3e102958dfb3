"""Run qlib's Alpha158 on given bars: a script for an interpreter that has qlib and need not have QTS.

``PYTHON -I qlib_side.py FOLDER PROCESSES ROWS SYMBOLS`` reads FOLDER/bars.npz, lays it out as qlib's files, times its
158 expressions over all of it, and writes FOLDER/found.npz with the seconds and, of the first ROWS and SYMBOLS, the
values from bars in double precision (qlib's files hold single precision).
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import qlib
from qlib.contrib.data.loader import Alpha158DL
from qlib.data import D
from qlib.data.data import ExpressionD, FeatureD

FREQUENCY = "15min"
FIELDS = ("open", "high", "low", "close", "volume", "vwap")


class DoublePrecision:
    """A provider of bars that are held in memory."""

    def __init__(self, bars: dict[str, Any]) -> None:
        self._bars = bars
        self._column = {str(symbol): place for place, symbol in enumerate(bars["symbols"])}

    def feature(self, instrument: str, field: str, start_index: int, end_index: int, freq: str) -> pd.Series[float]:
        """Return one field of one symbol, indexed by place."""
        values = self._bars[field[1:]][start_index : end_index + 1, self._column[instrument]]
        return pd.Series(values, index=range(start_index, start_index + len(values)))


def lay_out(bars: dict[str, Any], folder: Path) -> None:
    """Write the bars as qlib's files: a calendar, the symbols, and a file per symbol and field."""
    times = pd.to_datetime(bars["times"], unit="us").strftime("%Y-%m-%d %H:%M:%S")
    for name in ("calendars", "instruments", "features"):
        (folder / name).mkdir(parents=True)
    (folder / "calendars" / f"{FREQUENCY}.txt").write_text("\n".join(times), encoding="utf-8")
    lines = [f"{symbol}\t{times[0]}\t{times[-1]}" for symbol in bars["symbols"]]
    (folder / "instruments" / "all.txt").write_text("\n".join(lines), encoding="utf-8")
    for column, symbol in enumerate(bars["symbols"]):
        home = folder / "features" / str(symbol).lower()
        home.mkdir()
        for field in FIELDS:
            content = np.concatenate([[0.0], bars[field][:, column]]).astype("<f4")
            content.tofile(home / f"{field}.{FREQUENCY}.bin")


def main(folder: Path, processes: int, rows: int, symbols: int) -> None:
    """Time qlib on all bars, then compute the first ones in double precision."""
    with np.load(folder / "bars.npz") as content:
        bars = dict(content)
    lay_out(bars, folder / "data")
    qlib.init(
        provider_uri=str(folder / "data"), kernels=processes, expression_cache=None, dataset_cache=None,
        logging_level=logging.WARNING,
    )  # fmt: skip
    fields, names = Alpha158DL.get_feature_config()
    wanted = [str(symbol) for symbol in bars["symbols"]]
    begin = time.perf_counter()
    frame = D.features(wanted, fields, freq=FREQUENCY)
    seconds = time.perf_counter() - begin
    if frame.shape != (len(bars["times"]) * len(wanted), len(fields)):
        raise SystemExit(f"qlib gave {frame.shape} values")
    FeatureD.register(DoublePrecision(bars))
    last = min(rows, len(bars["times"]))
    values = np.empty((len(fields), last, min(symbols, len(wanted))))
    for place, field in enumerate(fields):
        expression = ExpressionD.get_expression_instance(field)
        for column in range(values.shape[2]):
            values[place, :, column] = expression.load(wanted[column], 0, last - 1, FREQUENCY).to_numpy()
    np.savez(folder / "found.npz", seconds=seconds, names=np.array(names), values=values)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:5]))
