"""Coverage-guided fuzzing of the bar importers: ``python -m tests.bad_inputs.fuzz.atheris_bars CORPUS -runs=N``.

The first byte of an input says as which kind of file the others are imported. HDF5 is left out: it is read in another
process, where coverage is not seen; hypothesis spoils it instead.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["qts_core.data.reading", "qts_core.adapters.bar_files", "zipfile", "tarfile"]):
    from tests.bad_inputs.fuzz.bars_input import try_bars

__all__ = ["NAMES", "try_bytes"]

NAMES = ("bars.csv", "bars.csv.gz", "bars.csv.zst", "bars.parquet", "bars.feather", "bars.zip", "bars.tar")


def try_bytes(folder: Path, data: bytes) -> None:
    """Try one input."""
    if data:
        try_bars(folder, NAMES[data[0] % len(NAMES)], data[1:])


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup(sys.argv, lambda data: try_bytes(Path(folder), data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
