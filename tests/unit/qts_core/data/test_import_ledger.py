"""The record of imported files: by content and options, not by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.import_ledger import (
    LEDGER_BLOB,
    ImportedFile,
    ImportState,
    options_key,
    read_ledger,
    unfinished,
    without_imported,
    write_ledger,
)
from qts_core.market.errors import DataCorruptionError

FILE = ImportedFile("a.csv", "0" * 64, options_key({"tz": None}))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_file_counts_as_imported_only_when_all_of_it_is(lake: Lake) -> None:
    assert read_ledger(lake) == {}
    for state, is_open in ((ImportState.STARTED, True), (ImportState.PARTLY, True), (ImportState.DONE, False)):
        write_ledger(lake, [FILE], state)
        assert bool(without_imported(lake, [FILE])) is is_open
        assert bool(unfinished(lake)) is (state is ImportState.STARTED)


def test_another_content_or_another_option_is_another_import(lake: Lake) -> None:
    write_ledger(lake, [FILE], ImportState.DONE)
    renamed = ImportedFile("b.csv", FILE.sha256, FILE.options)
    changed = ImportedFile("a.csv", "1" * 64, FILE.options)
    elsewhere = ImportedFile("a.csv", FILE.sha256, options_key({"tz": "UTC"}))
    assert without_imported(lake, [renamed, changed, elsewhere]) == (changed, elsewhere)


@pytest.mark.parametrize(
    "content", [b"x", b'[{"name": 1}]', b'[{"name": "a", "sha256": "b", "options": "", "state": "?"}]']
)
def test_a_record_that_cannot_be_read_is_told(lake: Lake, content: bytes) -> None:
    lake.write_blob(LEDGER_BLOB, content)
    with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
        read_ledger(lake)
