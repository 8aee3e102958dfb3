"""A lake in memory answers as the lake on disk does: the same calls, side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.market.errors import DataConflictError, DataNotFoundError, DataValidationError
from qts_core.ports.lake import LakePort
from qts_core.research.calibration import MemoryLake
from tests.support.lakes import MONTH, TABLE, bars, instant

FIRST = bars([("A", 0, 1, 10.0), ("B", 0, 1, 20.0), ("A", 1, 2, 11.0)])
LATER = bars([("A", 0, 3, 10.5), ("B", 1, 2, 21.0)])
OTHER = bars([("C", 0, 1, 1.0)])


@pytest.fixture
def both(tmp_path: Path) -> tuple[LakePort, LakePort]:
    lakes = MemoryLake(), Lake(tmp_path / "lake")
    for lake in lakes:
        lake.write_month(TABLE, MONTH, FIRST, lineage={"source": "first.csv"})
        lake.append_month(TABLE, MONTH, LATER, lineage={"source": "later.csv"})
        lake.append_month(TABLE, "2024-05", OTHER, lineage={"source": "other.csv"})
        lake.write_blob("snapshots/a.npz", b"a")
        lake.write_blob("snapshots/deep/b.npz", b"b")
    return lakes


ANSWERS: tuple[Callable[[LakePort], object], ...] = (
    lambda lake: lake.tables(),
    lambda lake: lake.months(TABLE),
    lambda lake: lake.months("nothing"),
    lambda lake: lake.partition(TABLE, "2024-04"),
    lambda lake: dict(lake.partition(TABLE, MONTH).lineage),  # type: ignore[union-attr]
    lambda lake: [s.rows for s in lake.partition(TABLE, MONTH).segments],  # type: ignore[union-attr]
    lambda lake: lake.blobs("snapshots"),
    lambda lake: (lake.has_blob("snapshots/a.npz"), lake.has_blob("snapshots")),
    lambda lake: lake.read_blob("snapshots/deep/b.npz"),
    lambda lake: lake.write_blob("again", b"x"),
)
FRAMES: tuple[Callable[[LakePort], pl.DataFrame], ...] = (
    lambda lake: lake.read_month(TABLE, MONTH),
    lambda lake: lake.read_month(TABLE, MONTH, columns=("close", "symbol")),
    lambda lake: lake.read(TABLE),
    lambda lake: lake.read(TABLE, first_month="2024-05"),
    lambda lake: lake.read(TABLE, last_month=MONTH, known_before=instant(2)),
    lambda lake: lake.read_as_of(TABLE, instant(3)),
    lambda lake: lake.read_segment(TABLE, lake.partition(TABLE, MONTH).segments[1]),  # type: ignore[union-attr]
)


def test_it_says_what_the_lake_on_disk_says(both: tuple[LakePort, LakePort]) -> None:
    memory, disk = both
    for ask in ANSWERS:
        assert ask(memory) == ask(disk)
    for read in FRAMES:
        assert read(memory).equals(read(disk))


def test_identities_change_with_the_content_and_with_nothing_else(both: tuple[LakePort, LakePort]) -> None:
    for lake in both:
        hashes = [lake.data_hash(TABLE)]
        lake.compact_month(TABLE, MONTH)
        lake.append_month(TABLE, MONTH, LATER.clear(), lineage={})
        lake.write_month(TABLE, "2024-05", OTHER, lineage={"made": "again"})
        hashes.append(lake.data_hash(TABLE))
        lake.append_month(TABLE, "2024-05", LATER, lineage={})
        hashes.append(lake.data_hash(TABLE))
        lake.write_month(TABLE, "2024-05", FIRST, lineage={})
        hashes.append(lake.data_hash(TABLE))
        assert hashes[0] == hashes[1]
        assert len(set(hashes)) == 3


def test_it_refuses_what_the_lake_on_disk_refuses(both: tuple[LakePort, LakePort]) -> None:
    for lake in both:
        for ask in (
            lambda: lake.read_month(TABLE, "2024-04"),  # noqa: B023
            lambda: lake.read("nothing"),  # noqa: B023
            lambda: lake.read_blob("nothing"),  # noqa: B023
            lambda: lake.compact_month(TABLE, "2024-04"),  # noqa: B023
        ):
            with pytest.raises(DataNotFoundError, match="QTS-DATA-013"):
                ask()
        with pytest.raises(DataConflictError, match="QTS-DATA-041"):
            lake.write_month(TABLE, MONTH, OTHER, lineage={}, expected_sha256="")
        with pytest.raises(DataValidationError, match="QTS-DATA-014"):
            lake.append_month(TABLE, MONTH, LATER.with_columns(more=pl.lit(1.0)), lineage={})
