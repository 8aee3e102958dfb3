"""Stores tell when a file was written, and drop locks of those who died."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qts_core.adapters.lake import objects
from qts_core.adapters.lake.lake import open_store
from qts_core.adapters.lake.objects import LOCK_LIFE, ObjectStore
from qts_core.adapters.lake.stores import FolderStore
from qts_core.market.errors import DataConflictError, DataConnectionError, DataValidationError


def test_an_address_names_its_store(tmp_path: Path) -> None:
    assert isinstance(open_store(tmp_path), FolderStore)
    assert isinstance(open_store(str(tmp_path)), FolderStore)
    assert isinstance(open_store("memory://somewhere"), ObjectStore)
    with pytest.raises(DataConnectionError, match="QTS-DATA-001"):
        open_store("nosuch://bucket")


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_every_file_has_a_name_a_size_and_a_time_and_locks_are_none(kind: str, tmp_path: Path) -> None:
    store = open_store(tmp_path if kind == "folder" else f"memory://{tmp_path}")
    before = datetime.now(UTC) - timedelta(seconds=5)
    with store.lock("t.2024-03"):
        store.write("t/b", b"12")
        store.write("a", b"1")
        found = store.files()
    assert [(f.name, f.bytes) for f in found] == [("a", 1), ("t/b", 2)]
    assert all(f.modified is not None and f.modified > before for f in found)
    assert store.names("") == ["a", "t"]
    assert (store.has("t/b"), store.has("t"), store.has("c")) == (True, False, False)
    store.delete("a")
    store.delete("a")
    assert store.names("nothing") == []


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-012"):
        FolderStore(tmp_path / "lake").read("../secret")


def test_a_lock_whose_owner_died_is_dropped_after_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LOCK_WAIT_SECONDS", 0.2)
    store = ObjectStore("memory://stale-lock")
    store.write(".locks/t.all", b"of a dead process")
    with pytest.raises(DataConflictError, match="QTS-DATA-041"), store.lock("t.all"):
        pass
    store.files_of.store[f"{store.root}/.locks/t.all"].created = datetime.now(UTC) - 2 * LOCK_LIFE
    with store.lock("t.all"):
        assert store.has(".locks/t.all")
    assert not store.has(".locks/t.all")


def test_who_lost_a_stale_lock_does_not_drop_the_one_of_the_next() -> None:
    store = ObjectStore("memory://lost-lock")
    with store.lock("t.all"):
        store.write(".locks/t.all", b"of the next")
    assert store.read(".locks/t.all") == b"of the next"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"LastModified": datetime(2024, 1, 1, tzinfo=UTC)}, datetime(2024, 1, 1, tzinfo=UTC)),
        ({"updated": "2024-01-01T00:00:00Z"}, datetime(2024, 1, 1, tzinfo=UTC)),
        ({"mtime": 1704067200.0}, datetime(2024, 1, 1, tzinfo=UTC)),
        ({"created": datetime(2024, 1, 1)}, datetime(2024, 1, 1, tzinfo=UTC)),
        ({}, None),
    ],
)
def test_each_file_system_tells_the_time_in_its_own_words(info: dict[str, object], expected: datetime | None) -> None:
    assert objects._written(info) == expected
