"""What every script of this folder shares: the bars from the files, and the line of JSON at the end. Needs numpy.

The rivals' own classes carry no types, so what overrides or takes them here has none either (no-untyped-def).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np


class Given:
    """The bars [T, N] and the strategy that a run gets."""

    def __init__(self) -> None:
        folder = Path(sys.argv[1])
        self.open, self.high, self.low, self.close, self.volume = (
            np.load(folder / f"{name}.npy") for name in ("open", "high", "low", "close", "volume")
        )
        self.ts = np.load(folder / "ts.npy")
        told = json.loads((folder / "strategy.json").read_text(encoding="utf-8"))
        self.symbols, self.shares, self.cash = told["symbols"], told["shares"], float(told["cash"])
        self.means: dict[int, np.ndarray] = {}
        self.fast, self.slow, self.fee, self.slippage = told["fast"], told["slow"], told["fee"], told["slippage"]

    def frame(self, column: int):  # type: ignore[no-untyped-def]
        """Return the bars of one symbol as a pandas frame, capitalised columns."""
        import pandas

        names = {"Open": self.open, "High": self.high, "Low": self.low, "Close": self.close, "Volume": self.volume}
        index = pandas.to_datetime(self.ts, unit="us")
        return pandas.DataFrame({k: v[:, column] for k, v in names.items()}, index=index)

    def frames(self, name: str):  # type: ignore[no-untyped-def]
        """Return one field of all symbols as a pandas frame."""
        import pandas

        return pandas.DataFrame(getattr(self, name), index=pandas.to_datetime(self.ts, unit="us"), columns=self.symbols)

    def mean(self, window: int):  # type: ignore[no-untyped-def]
        """Return the moving averages of the closes in cents, NaN until there are: equal ones are equal to the bit.

        They are kept, so that no program pays for what is not its own.
        """
        if window in self.means:
            return self.means[window]
        cents = np.rint(self.close * 100.0).astype(np.int64)
        total = np.vstack([np.zeros((1, self.close.shape[1]), np.int64), np.cumsum(cents, axis=0)])
        out = np.full(self.close.shape, np.nan)
        out[window - 1 :] = (total[window:] - total[:-window]) / window
        self.means[window] = out
        return out


class Watch:
    """A stopwatch of wall and processor time."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def tell(self, version: str, equity: float, fills: int, note: str = "", **more: object) -> None:
        """Print what a run came to."""
        found = {"seconds": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu,
                 "version": version, "final_equity": float(equity), "fills": int(fills), "note": note}  # fmt: skip
        print(json.dumps({**found, **more}))
