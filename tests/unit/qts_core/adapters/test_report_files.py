"""Reports on the disk: found by name, id or its beginning; everything else is one clear line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.report_files import ReportFiles
from qts_core.market.errors import DataConflictError, DataCorruptionError, DataNotFoundError
from qts_core.report.record import ReportRecord

NET = np.array([0.01])
KEPT = ReportRecord(
    "3f9a1c000000", "demo", "Demo", "Not judged", True, (date(2024, 1, 2),), NET, NET, NET, {"trades": 3.0}, {}, {}
)


@pytest.fixture
def files(tmp_path: Path) -> ReportFiles:
    files = ReportFiles(tmp_path / "reports")
    files.save(KEPT, "<html>one</html>")
    files.save(replace(KEPT, id="3f9b00000000", name="other"), "<html>two</html>")
    return files


@pytest.mark.parametrize("wanted", ["demo", "3f9a1c000000", "3f9a"])
def test_a_report_is_found_by_name_id_or_the_beginning_of_its_id(files: ReportFiles, wanted: str) -> None:
    found = files.find(wanted)
    assert found.name == "demo"
    assert files.page(found).read_text() == "<html>one</html>"


@pytest.mark.parametrize("wanted", ["", "nothing", "../demo", "x" * 500])
def test_an_unknown_one_is_one_line_that_names_those_there_are(files: ReportFiles, wanted: str) -> None:
    with pytest.raises(DataNotFoundError, match=r"QTS-EXEC-075.*demo") as missing:
        files.find(wanted)
    assert "\n" not in missing.value.line()


def test_an_id_that_two_begin_with_is_refused(files: ReportFiles) -> None:
    with pytest.raises(DataConflictError, match="QTS-EXEC-077"):
        files.find("3f9")


def test_a_damaged_record_is_named(files: ReportFiles, tmp_path: Path) -> None:
    (tmp_path / "reports" / "bad.report.json").write_text("{")
    with pytest.raises(DataCorruptionError, match=r"QTS-EXEC-076.*bad\.report\.json"):
        files.records()


def test_a_folder_that_is_not_there_holds_no_report(tmp_path: Path) -> None:
    assert ReportFiles(tmp_path / "none").records() == ()


def test_saving_again_replaces_and_leaves_nothing_half_written(files: ReportFiles, tmp_path: Path) -> None:
    files.save(KEPT, "<html>three</html>")
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == [
        "demo.html", "demo.report.json", "other.html", "other.report.json",
    ]  # fmt: skip
    assert files.page(KEPT).read_text() == "<html>three</html>"
