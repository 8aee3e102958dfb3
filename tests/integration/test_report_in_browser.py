"""The report in a browser: four sheets of paper, no wider than a phone, readable without a pointer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qts_core.report import render_report
from tests.support.chromium import measured, printed_pages
from tests.unit.qts_core.report.conftest import make

PHONE, DESK = 390, 1440
SHEETS = 4


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_text(render_report(make()), encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_report_is_printed_on_at_most_four_sheets(page: Path) -> None:
    assert 1 <= printed_pages(page) <= SHEETS


@pytest.mark.slow
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_on_the_page_is_wider_than_the_window(page: Path, width: int) -> None:
    found = json.loads(measured(page, "[innerWidth, document.documentElement.scrollWidth]", width=width))
    assert found[1] <= found[0]


@pytest.mark.slow
def test_a_table_that_must_be_moved_sideways_can_be_reached_by_the_keyboard(page: Path) -> None:
    moved = (
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0)"
        ".map(e => e.closest('figure').querySelector('figcaption span').textContent)"
    )
    assert json.loads(measured(page, moved, width=PHONE)) == []
