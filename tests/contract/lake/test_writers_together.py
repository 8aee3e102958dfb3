"""Several writers of one month follow one another: nothing is lost, nothing is torn."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake, stores
from qts_core.adapters.lake.verification import verify_lake
from qts_core.market.errors import DataConflictError, ExitCode
from tests.contract.lake.conftest import OpenLake
from tests.support.lakes import MONTH, TABLE, bars

ROOT = Path(__file__).parents[3]
WRITERS, APPENDS = 4, 6


def test_appends_of_threads_are_all_there(open_lake: OpenLake) -> None:
    def append(writer: int) -> None:
        lake = open_lake()
        for i in range(APPENDS):
            lake.append_month(TABLE, MONTH, bars([(f"W{writer}", i, i + 1, float(i))]), lineage={})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(append, range(WRITERS)))
    found = open_lake().read_month(TABLE, MONTH)
    assert sorted(found.select("symbol", "close").iter_rows()) == [
        (f"W{w}", float(i)) for w in range(WRITERS) for i in range(APPENDS)
    ]


def test_whole_writes_of_threads_leave_one_of_them_whole(open_lake: OpenLake) -> None:
    frames = [bars([(f"W{w}", i, i + 1, float(w)) for i in range(w + 1)]) for w in range(WRITERS)]

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda frame: open_lake().write_month(TABLE, MONTH, frame, lineage={}), frames))
    found = open_lake().read_month(TABLE, MONTH)
    assert sum(found.equals(frame) for frame in frames) == 1


def test_of_two_who_expect_the_same_month_one_is_refused(open_lake: OpenLake) -> None:
    def write(writer: int) -> str:
        try:
            frame = bars([(f"W{writer}", 0, 1, 1.0)])
            open_lake().write_month(TABLE, MONTH, frame, lineage={}, expected_sha256="")
        except DataConflictError as error:
            return error.code
        return "written"

    with ThreadPoolExecutor(WRITERS) as pool:
        results = sorted(pool.map(write, range(WRITERS)))
    assert results == ["QTS-DATA-041"] * (WRITERS - 1) + ["written"]


def test_a_lock_that_is_never_given_up_is_one_clear_line(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stores, sys.modules["qts_core.adapters.lake.objects"]):
        monkeypatch.setattr(module, "LOCK_WAIT_SECONDS", 0.0)
    with lake.store.lock(f"{TABLE}.{MONTH}"), pytest.raises(DataConflictError, match="QTS-DATA-041") as caught:
        lake.write_month(TABLE, MONTH, bars([]), lineage={})
    assert caught.value.exit_code is ExitCode.ANOTHER_INSTANCE
    assert "\n" not in caught.value.line()
    lake.write_month(TABLE, MONTH, bars([]), lineage={})


CHILD = """
import sys
from qts_core.adapters.lake import Lake
from tests.support.lakes import MONTH, TABLE, bars
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for i in range(int(sys.argv[3])):
    Lake(sys.argv[1]).append_month(TABLE, MONTH, bars([(sys.argv[2], i, i + 1, float(i))]), lineage={})
"""


@pytest.mark.process
def test_appends_of_two_processes_are_all_there(tmp_path: Path) -> None:
    count = 25
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), name, str(count)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("P", "Q")
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    lake = Lake(tmp_path)
    found = lake.read_month(TABLE, MONTH)
    assert sorted(found.select("symbol", "close").iter_rows()) == [(n, float(i)) for n in "PQ" for i in range(count)]
    assert verify_lake(lake).is_sound
