"""How fast files of bars come in, and how much memory that takes: against plain polars and plain pandas.

    python -m benchmarks.imports [--symbols 50] [--years 5] [--json PATH]

Reading, judging by every rule and writing are timed apart. Each figure comes from a process of its own, whose peak
memory is the operating system's count; the plain readers only give a frame with typed columns and judge nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

COLUMNS = ("symbol", "ts_event", "open", "high", "low", "close", "volume")
FORMATS = ("csv", "parquet")


def with_qts(file: Path, folder: Path) -> Iterator[str]:
    """Import a file as ``qts data import`` does, naming each stage as it ends."""
    import polars as pl

    from qts_core.adapters.bar_files import import_bars
    from qts_core.adapters.lake import Lake
    from qts_core.data.admission import admit, examine_bars
    from qts_core.market.calendar import xnys

    calendar, lake = xnys(), Lake(folder / "lake")
    yield "start"
    read = import_bars(file)
    yield "read"
    candidate = examine_bars(
        lake, read.frame, calendar=calendar, now=None, origin=file.name, bar_minutes=read.bar_minutes,
        actions=pl.read_parquet(file.with_name("actions.parquet")), adjustment="auto",
    )  # fmt: skip
    del read
    yield "validate"
    admit(lake, candidate, calendar=calendar)
    yield "write and clean"


def with_polars(file: Path, _folder: Path) -> Iterator[str]:
    """Read the same columns with polars alone."""
    import polars as pl

    yield "start"
    frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    assert frame.height
    yield "read"


def with_pandas(file: Path, _folder: Path) -> Iterator[str]:
    """Read the same columns with pandas alone."""
    import pandas as pd

    yield "start"
    frame = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, parse_dates=["ts_event"])
    assert len(frame)
    yield "read"


READERS: Mapping[str, Callable[[Path, Path], Iterator[str]]] = {
    "qts": with_qts,
    "polars": with_polars,
    "pandas": with_pandas,
}


def worker(reader: str, file: Path) -> None:
    """Time the stages of one reader and print them with the peak of memory in MB."""
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        before = 0.0
        for stage in READERS[reader](file, Path(folder)):
            now = time.perf_counter()
            if stage != "start":
                times[stage] = now - before
            before = now
            times[f"{stage} MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(times))


def measured(reader: str, file: Path) -> dict[str, float]:
    """Run one reader in a process of its own."""
    times: dict[str, float] = json.loads(alone("--worker", reader, "--file", str(file)))
    return times


def alone(*arguments: str) -> str:
    """Run this module with `arguments` in a process that inherits no memory worth counting."""
    command = [sys.executable, "-m", "benchmarks.imports", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def make_files(folder: Path, symbols: int, years: int) -> int:
    """Write a synthetic market as CSV and Parquet with its corporate actions, and return its bars."""
    import polars as pl

    from qts_core.data.market_source import default_source, market_of

    market = market_of(default_source(symbols=symbols, years=years))
    market.corporate_actions.write_parquet(folder / "actions.parquet")
    bars = market.bars.select(COLUMNS)
    bars.write_parquet(folder / "bars.parquet")
    bars.with_columns(pl.col("ts_event").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(folder / "bars.csv")
    return bars.height


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--worker", choices=tuple(READERS), help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker(given.worker, given.file)
        return
    if given.make:
        print(make_files(given.make, given.symbols, given.years))
        return
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = int(alone("--make", folder, "--symbols", str(given.symbols), "--years", str(given.years)))
        print(f"{rows:,} bars of {given.symbols} symbols, {given.years} years")
        for kind in FORMATS:
            for reader in READERS:
                found[f"{kind} {reader}"] = measured(reader, Path(folder) / f"bars.{kind}")
    report(found)
    if given.json:
        given.json.write_text(json.dumps({"rows": rows, **found}, indent=2))


def report(found: Mapping[str, Mapping[str, float]]) -> None:
    """Print times, ratios to the plain readers, and peaks of memory."""
    header = f"{'file':8} {'reader':8} {'read s':>8} {'validate s':>11} {'write s':>8} {'x polars':>9} {'x pandas':>9}"
    print(f"{header} {'import+validate MB':>19} {'in all MB':>10}")
    for name, times in found.items():
        kind, reader = name.split()
        judged = times["read"] + times.get("validate", 0.0)
        ratios = [judged / found[f"{kind} {other}"]["read"] for other in ("polars", "pandas")]
        validate, write = (f"{times[s]:.2f}" if s in times else "" for s in ("validate", "write and clean"))
        peak = times.get("validate MB", times["read MB"])
        whole = times.get("write and clean MB", peak)
        print(
            f"{kind:8} {reader:8} {times['read']:8.2f} {validate:>11} {write:>8} {ratios[0]:9.1f} {ratios[1]:9.1f} "
            f"{peak:19.0f} {whole:10.0f}"
        )


if __name__ == "__main__":
    main()
