"""What nobody needs goes after its grace; what anybody may need stays."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.garbage import lake_garbage, named_tables, remove_from_lake
from qts_core.adapters.lake.verification import verify_lake
from qts_core.data.retention import Removal
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError
from tests.support.lakes import MONTH, TABLE, bars

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FEATURES = "features_0123abcd"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with superseded files, a leftover and an unused feature table, all written two days before `NOW`."""
    lake = Lake(tmp_path)
    for close in (1.0, 2.0, 3.0):
        lake.write_month(TABLE, MONTH, bars([("A", 0, 1, close)]), lineage={})
    lake.write_month(FEATURES, MONTH, bars([("A", 0, 1, 0.5)]), lineage={})
    lake.write_blob(f"snapshots/{FEATURES}/{MONTH}.npz", b"state")
    lake.write_blob("market/source.json", b"{}")
    (tmp_path / TABLE / f".{MONTH}.json.abc.part").write_bytes(b"half")
    (tmp_path / "blobs" / ".state.abc.part").write_bytes(b"half")
    age(tmp_path, 2 * DAY)
    return lake


def age(root: Path, by: timedelta) -> None:
    when = (NOW - by).timestamp()
    for path in root.rglob("*"):
        os.utime(path, (when, when))


def found(lake: Lake, **chosen: object) -> dict[str, int]:
    """Return how many files go, by reason."""
    reasons = [r.reason for r in lake_garbage(lake, now=NOW, **({"grace": DAY} | chosen))]  # type: ignore[arg-type]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def test_superseded_files_and_leftovers_go_after_the_grace(lake: Lake) -> None:
    assert found(lake) == {"left by interrupted writes": 2, "superseded": 2}
    assert found(lake, grace=3 * DAY) == {}
    removals = lake_garbage(lake, now=NOW, grace=DAY)
    assert remove_from_lake(lake, removals) == tuple(
        sorted(removals, key=lambda r: (not r.name.endswith(".json"), r.name))
    )
    assert found(lake) == {}
    assert lake.read_month(TABLE, MONTH)["close"].to_list() == [3.0]
    assert verify_lake(lake).is_sound


def test_the_grace_begins_when_a_file_is_superseded(lake: Lake) -> None:
    """A file of last year whose month was compacted a minute ago may still be read."""
    manifest = Path(lake.root) / TABLE / f"{MONTH}.json"
    recent = (NOW - timedelta(minutes=1)).timestamp()
    os.utime(manifest, (recent, recent))
    assert found(lake) == {"left by interrupted writes": 2}


def test_features_of_other_catalogues_go_when_nobody_uses_them(lake: Lake) -> None:
    reason = f"features of another catalogue: {FEATURES}"
    assert found(lake, keep_features=DAY)[reason] == 3
    assert reason not in found(lake, keep_features=3 * DAY)
    assert reason not in found(lake, keep_features=DAY, tables_in_use={FEATURES})
    removed = remove_from_lake(lake, lake_garbage(lake, now=NOW, grace=DAY, keep_features=DAY))
    assert removed[0].name == f"{FEATURES}/{MONTH}.json"
    assert lake.tables() == (TABLE,)
    assert not lake.has_blob(f"snapshots/{FEATURES}/{MONTH}.npz")
    assert lake.read_blob("market/source.json") == b"{}"


def test_bars_go_only_by_name(lake: Lake) -> None:
    assert not any(r.name.endswith(".json") for r in lake_garbage(lake, now=NOW, grace=timedelta(0)))
    named = named_tables(lake, [TABLE])
    assert {r.reason for r in named} == {f"asked for: {TABLE}"}
    remove_from_lake(lake, named)
    assert lake.tables() == (FEATURES,)
    with pytest.raises(DataNotFoundError, match="QTS-DATA-013"):
        named_tables(lake, [TABLE])
    with pytest.raises(DataValidationError, match="QTS-DATA-012"):
        named_tables(lake, ["blobs"])


def test_a_file_that_is_named_again_meanwhile_stays(lake: Lake) -> None:
    plan = lake_garbage(lake, now=NOW, grace=DAY)
    lake.write_month(TABLE, MONTH, bars([("A", 0, 1, 1.0)]), lineage={})
    gone = remove_from_lake(lake, plan)
    assert len([r for r in gone if r.reason == "superseded"]) == 1
    assert lake.read_month(TABLE, MONTH)["close"].to_list() == [1.0]


def test_a_damaged_manifest_stops_everything(lake: Lake) -> None:
    (Path(lake.root) / TABLE / f"{MONTH}.json").write_bytes(b"{}")
    with pytest.raises(DataCorruptionError):
        lake_garbage(lake, now=NOW, grace=DAY)


def test_an_interrupted_removal_of_a_table_leaves_no_month_that_cannot_be_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, left = lake.store.delete, [1]

    def stop(name: str) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        delete(name)

    monkeypatch.setattr(lake.store, "delete", stop)
    with pytest.raises(KeyboardInterrupt):
        remove_from_lake(lake, named_tables(lake, [TABLE]))
    monkeypatch.undo()
    assert verify_lake(lake).is_sound
    remove_from_lake(lake, [Removal("stray", 0, "test")])
