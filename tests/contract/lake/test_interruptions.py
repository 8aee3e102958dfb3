"""A write that ends at any step leaves the old month or the new one, whole, and the next write succeeds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.garbage import lake_garbage, remove_from_lake
from qts_core.adapters.lake.verification import verify_lake
from tests.contract.lake.conftest import OpenLake
from tests.support.lakes import MONTH, TABLE, FailingStore, StoreFailed, bars, instant

OLD = bars([("A", 0, 1, 10.0), ("B", 0, 1, 20.0)])
MORE = bars([("A", 1, 2, 11.0)])
FAR = instant(10_000_000)
ROOT = Path(__file__).parents[3]


def collect(lake: Lake) -> None:
    remove_from_lake(lake, lake_garbage(lake, now=FAR, grace=timedelta(0)))


ACTIONS: dict[str, tuple[Callable[[Lake], object], pl.DataFrame]] = {
    "write": (lambda lake: lake.write_month(TABLE, MONTH, MORE, lineage={}), MORE),
    "append": (lambda lake: lake.append_month(TABLE, MONTH, MORE, lineage={}), pl.concat([OLD, MORE])),
    "compact": (lambda lake: lake.compact_month(TABLE, MONTH), OLD),
    "gc": (collect, OLD),
}


def prepared(lake: Lake) -> Lake:
    """Leave a month of two files and one superseded file."""
    lake.write_month(TABLE, MONTH, MORE, lineage={})
    lake.write_month(TABLE, MONTH, OLD[:1], lineage={})
    lake.append_month(TABLE, MONTH, OLD[1:], lineage={})
    return lake


@pytest.mark.parametrize("happens", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_step_fails_the_month_is_whole(root: str, open_lake: OpenLake, action: str, happens: bool) -> None:
    act, new = ACTIONS[action]
    for step in range(100):
        lake = prepared(open_lake())
        failing = FailingStore(lake.store, step, happens=happens)
        with suppress(StoreFailed):
            act(Lake(root, store=failing))
        survivor = open_lake()
        found = survivor.read_month(TABLE, MONTH)
        assert found.equals(OLD) or found.equals(new)
        assert verify_lake(survivor).is_sound
        act(survivor)
        assert survivor.read_month(TABLE, MONTH).equals(new)
        if not failing.has_failed:
            break
        for file in survivor.store.files():
            survivor.store.delete(file.name)
    assert step >= 1, "nothing was interrupted"


CHILD = """
import os, signal, sys
from pathlib import Path
import polars as pl
from qts_core.adapters.lake import Lake
from tests.support.lakes import MONTH, TABLE
root, rows, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
lake, frame = Lake(root), pl.read_parquet(rows)
seen = 0

def watch(event, arguments):
    global seen
    if event == "fcntl.flock" or event in ("open", "os.rename", "os.mkdir", "os.remove") and root in str(arguments[0]):
        seen += 1
        if seen > step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
lake.append_month(TABLE, MONTH, frame, lineage={})
print("done", seen)
"""


@pytest.mark.process
def test_kill_9_at_any_system_call_leaves_the_month_whole(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    MORE.write_parquet(tmp_path / "more.parquet")
    new = pl.concat([OLD, MORE])
    killed = 0
    for step in range(0, 40, 2):
        prepared(Lake(root))
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(root), str(tmp_path / "more.parquet"), str(step)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        survivor = Lake(root)
        found = survivor.read_month(TABLE, MONTH)
        assert found.equals(OLD) or found.equals(new)
        assert verify_lake(survivor).is_sound
        if child.returncode == 0:
            break
        assert child.returncode == -9, child.stderr
        killed += 1
        survivor.append_month(TABLE, MONTH, MORE, lineage={})
        assert survivor.read_month(TABLE, MONTH).equals(new)
        collect(survivor)
        assert verify_lake(survivor).unnamed == ()
    assert killed >= 3
    assert child.stdout.startswith("done")
