"""A full disk and a read-only folder are one clear line; nothing half-written stays, and reading goes on."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.verification import verify_lake
from qts_core.market.errors import DataConnectionError, ExitCode
from tests.support.lakes import MONTH, TABLE, bars, instant

NOBODY = 65534
SMALL = bars([("A", 0, 1, 10.0)])


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let the kernel refuse bytes beyond `size` in the middle of a write, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@contextmanager
def read_only_lake() -> Iterator[Path]:
    """A lake with one month whose folder this process may not write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "lake"
        Lake(root).write_month(TABLE, MONTH, SMALL, lineage={})
        folders = [p for p in (root, *root.rglob("*")) if p.is_dir()]
        for path in folders:
            path.chmod(0o555)
        is_root = os.geteuid() == 0
        try:
            if is_root:
                os.seteuid(NOBODY)
            yield root
        finally:
            if is_root:
                os.seteuid(0)
            for path in folders:
                path.chmod(0o755)


def test_a_disk_that_fills_up_leaves_the_old_month_and_nothing_half_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_month(TABLE, MONTH, SMALL, lineage={})
    before = {p for p in tmp_path.rglob("*") if p.suffix != ".lock"}
    rng = np.random.default_rng(3)
    large = bars([("A", i, i + 1, float(rng.normal())) for i in range(5000)])
    for write in (lake.write_month, lake.append_month):
        with no_file_larger_than(4096), pytest.raises(DataConnectionError, match="QTS-DATA-040") as caught:
            write(TABLE, MONTH, large, lineage={})
        assert "the disk is full" in caught.value.line()
        assert "\n" not in caught.value.line()
        assert caught.value.exit_code is ExitCode.CONNECTION
    assert {p for p in tmp_path.rglob("*") if p.suffix != ".lock"} == before
    assert lake.read_month(TABLE, MONTH).equals(SMALL)
    assert verify_lake(lake).is_sound
    lake.write_month(TABLE, MONTH, large, lineage={})
    assert lake.read_month(TABLE, MONTH).equals(large)


def test_a_blob_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_blob("state", b"old")
    with no_file_larger_than(1000), pytest.raises(DataConnectionError, match="QTS-DATA-040"):
        lake.write_blob("state", b"x" * 2000)
    assert lake.read_blob("state") == b"old"


def test_a_read_only_lake_is_read_and_says_why_it_cannot_be_written() -> None:
    with read_only_lake() as root:
        lake = Lake(root)
        assert lake.read_month(TABLE, MONTH).equals(SMALL)
        assert lake.read_as_of(TABLE, instant(1)).equals(SMALL)
        assert lake.tables() == (TABLE,)
        assert verify_lake(lake).is_sound
        for write in (
            lambda: lake.write_month(TABLE, MONTH, SMALL.clear(), lineage={}),
            lambda: lake.append_month(TABLE, "2024-04", SMALL, lineage={}),
            lambda: lake.write_blob("state", b"new"),
            lambda: lake.store.delete(f"{TABLE}/{MONTH}.json"),
        ):
            with pytest.raises(DataConnectionError, match="QTS-DATA-040") as caught:
                write()
            assert "cannot be written" in caught.value.line()
        assert lake.read_month(TABLE, MONTH).equals(SMALL)
