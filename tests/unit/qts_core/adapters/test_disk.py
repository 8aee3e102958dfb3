"""What lies on the disk is counted by area and deleted by name."""

from __future__ import annotations

import os
from pathlib import Path

from qts_core.adapters.disk import areas_of, delete_files, stored_files
from qts_core.data.retention import Removal


def test_files_are_found_with_size_and_time_and_links_are_left_alone(tmp_path: Path) -> None:
    for name, size in (("lake/raw/a", 30), ("lake/b", 5), ("reports/c", 10), ("qts.db", 7)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    (tmp_path / "reports" / "link").symlink_to(tmp_path / "qts.db")
    files = stored_files(tmp_path)
    assert [(f.name, f.bytes) for f in files] == [("lake/b", 5), ("lake/raw/a", 30), ("qts.db", 7), ("reports/c", 10)]
    assert {f.modified.timestamp() for f in files if f.modified} == {1_700_000_000}
    assert areas_of(files) == {"lake": 35, "reports": 10, "qts.db": 7}
    assert [f.name for f in stored_files(tmp_path, tmp_path / "reports")] == ["reports/c"]
    assert stored_files(tmp_path / "nothing") == ()


def test_what_is_gone_already_is_not_counted_as_deleted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    removals = [Removal("a", 0, "test"), Removal("b", 0, "test")]
    assert delete_files(tmp_path, removals) == (removals[0],)
    assert stored_files(tmp_path) == ()
