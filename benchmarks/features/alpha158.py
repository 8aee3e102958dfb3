"""Alpha158: this engine and, given an interpreter that has it, qlib itself, on the same bars with the values kept.

``python -m benchmarks.features alpha158 --qlib PYTHON`` runs qlib's own expressions from qlib's own files in another
process, with as many processes as this side has threads, and then compares the values in double precision, feature by
feature. qlib is no dependency: ``python -m venv DIR && DIR/bin/pip install pyqlib`` makes such an interpreter.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.features.market import Floats, Market
from qts_core.features import alpha158_catalogue
from qts_core.features.store import compute_panel
from qts_core.market.panel import Panel

THREADS = 2
COMPARED_ROWS, COMPARED_SYMBOLS = 3_000, 4
SCRIPT = Path(__file__).with_name("qlib_side.py")
SHOWN = 5


def measure(market: Market) -> dict[str, object]:
    """Print and return seconds of wall time of both, and the largest difference of each feature."""
    catalogue, panel = alpha158_catalogue(), market.panel
    compute_panel(panel.rows(slice(0, 600)), catalogue)
    begin = time.perf_counter()
    compute_panel(panel, catalogue, threads=THREADS)
    ours = time.perf_counter() - begin
    print(f"{len(catalogue)} features, {THREADS} threads: QTS {ours:.2f} s of wall time")
    figures: dict[str, object] = {"features": len(catalogue), "threads": THREADS, "seconds": ours}
    if market.qlib is None:
        print("qlib: not measured, --qlib names an interpreter that has it")
        return figures
    with tempfile.TemporaryDirectory() as name:
        seconds, names, theirs = run_qlib(market.qlib, panel, Path(name))
    print(f"qlib {seconds:.2f} s, {seconds / ours:.1f} times as long")
    part = first_bars(panel)
    found = differences(part, tuple(names), theirs)
    for feature, each in sorted(found.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"  largest difference {each:.1e} of the usual size: {feature}")
    return {**figures, "qlib_seconds": seconds, "differences": found}


def first_bars(panel: Panel) -> Panel:
    """Return the part whose values are compared."""
    rows, symbols = slice(0, COMPARED_ROWS), slice(0, COMPARED_SYMBOLS)
    fields = {name: np.ascontiguousarray(values[rows, symbols]) for name, values in panel.fields.items()}
    return Panel(panel.timeline[rows], panel.symbols[symbols], fields)


def run_qlib(python: Path, panel: Panel, folder: Path) -> tuple[float, list[str], Floats]:
    """Return qlib's seconds, its names, and its values [F, T, N] of the first bars in double precision."""
    np.savez(
        folder / "bars.npz",
        times=panel.timeline.ts_event, symbols=np.array(panel.symbols),
        open=panel["open"], high=panel["high"], low=panel["low"], close=panel["close"], volume=panel["volume"],
        vwap=(panel["high"] + panel["low"] + panel["close"]) / 3.0,
    )  # fmt: skip
    sizes = (str(THREADS), str(COMPARED_ROWS), str(COMPARED_SYMBOLS))
    # Isolated, or the modules beside the script would stand in for the packages of their names.
    subprocess.run([str(python), "-I", str(SCRIPT), str(folder), *sizes], check=True)
    with np.load(folder / "found.npz") as found:
        return float(found["seconds"]), [str(each) for each in found["names"]], found["values"]


def differences(part: Panel, names: tuple[str, ...], theirs: Floats) -> dict[str, float]:
    """Return the largest difference of each feature where both have values, over the median size of its values."""
    catalogue = alpha158_catalogue()
    if names != catalogue.names:
        raise SystemExit("qlib's names or their order differ from the catalogue's")
    ours = compute_panel(part, catalogue).values
    found = {}
    for spec, here, there in zip(catalogue, ours, theirs, strict=True):
        both = np.isfinite(here) & np.isfinite(there)
        if (np.isfinite(here) & ~both).any() or not both.any():
            print(f"  {spec.name}: {int((np.isfinite(here) & ~both).sum())} values that qlib does not have")
        size = float(np.median(np.abs(there[both]))) if both.any() else 1.0
        found[spec.name] = float(np.abs(here - there)[both].max(initial=0.0)) / (size or 1.0)
    return found
