"""Any history of writing, appending, compacting and collecting answers as a list of rows in memory would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.cache import FrameCache
from qts_core.adapters.lake.garbage import lake_garbage, remove_from_lake
from qts_core.adapters.lake.verification import verify_lake
from tests.support.lakes import MONTH, TABLE, Row, bars, instant

FAR = instant(10_000_000)
ROWS = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 2), st.integers(1, 5), st.integers(1, 9).map(float)), max_size=5
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), ROWS),
        st.tuples(st.just("append"), ROWS),
        st.tuples(st.just("append"), ROWS),
        st.tuples(st.just("compact"), st.just([])),
        st.tuples(st.just("gc"), st.just([])),
    ),
    max_size=12,
)


@dataclass
class Model:
    """The month as a list of files, each a list of rows."""

    files: list[list[Row]] = field(default_factory=list)
    is_there: bool = False

    def do(self, step: str, rows: list[Row]) -> None:
        if step == "write" or (step == "append" and not self.is_there):
            self.files, self.is_there = [rows], True
        elif step == "append" and rows and rows not in self.files:
            self.files.append(rows)
        elif step == "compact" and self.is_there:
            self.files = [self.rows]

    @property
    def rows(self) -> list[Row]:
        return [row for file in self.files for row in file]

    def as_of(self, moment: int) -> list[Row]:
        latest: dict[tuple[int, str], Row] = {}
        for row in self.rows:
            symbol, event, known, _ = row
            if known <= moment and known >= latest.get((event, symbol), row)[2]:
                latest[event, symbol] = row
        return [latest[key] for key in sorted(latest)]


@pytest.mark.parametrize("kind", ["memory", "folder"])
@settings(max_examples=40)
@given(steps=STEPS)
def test_a_lake_answers_as_a_list_would(
    tmp_path_factory: pytest.TempPathFactory, kind: str, steps: list[tuple[str, list[Row]]]
) -> None:
    root = f"memory://{uuid4().hex}" if kind == "memory" else tmp_path_factory.mktemp("lake")
    lake, cached, model, identity = Lake(root), Lake(root, cache=FrameCache(10_000)), Model(), ""
    for step, rows in steps:
        before = model.rows
        if step == "write":
            lake.write_month(TABLE, MONTH, bars(rows), lineage={})
        elif step == "append":
            lake.append_month(TABLE, MONTH, bars(rows), lineage={})
        elif step == "compact" and model.is_there:
            lake.compact_month(TABLE, MONTH)
        elif step == "gc":
            remove_from_lake(lake, lake_garbage(lake, now=FAR, grace=timedelta(0)))
            assert verify_lake(lake).unnamed == ()
        model.do(step, rows)
        if not model.is_there:
            assert lake.partition(TABLE, MONTH) is None
            continue
        for each in (lake, cached):
            assert each.read_month(TABLE, MONTH).equals(bars(model.rows))
        partition = lake.partition(TABLE, MONTH)
        assert partition is not None
        assert partition.rows == len(model.rows)
        if identity and partition.sha256 == identity:
            assert model.rows == before
        identity = partition.sha256
    for moment in range(7) if model.is_there else ():
        assert lake.read_as_of(TABLE, instant(moment)).equals(bars(model.as_of(moment)))
    assert verify_lake(lake).is_sound
