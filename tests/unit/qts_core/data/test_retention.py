"""Over the budget the oldest that can be made again goes first, and no more than is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qts_core.data.retention import StoredFile, is_older, over_budget

NOW = datetime(2024, 6, 1, tzinfo=UTC)
FILES = [
    StoredFile("reports/new.html", 100, NOW - timedelta(days=1)),
    StoredFile("reports/old.html", 100, NOW - timedelta(days=200)),
    StoredFile("reports/older.html", 100, NOW - timedelta(days=300)),
    StoredFile("reports/undated.html", 100, None),
]


@pytest.mark.parametrize(
    ("budget", "gone"),
    [
        (1000, []),
        (400, []),
        (399, ["reports/older.html"]),
        (300, ["reports/older.html"]),
        (299, ["reports/older.html", "reports/old.html"]),
        (1, ["reports/older.html", "reports/old.html"]),
    ],
)
def test_the_oldest_go_until_the_budget_is_kept(budget: int, gone: list[str]) -> None:
    found = over_budget(FILES, used_bytes=400, budget_bytes=budget, now=NOW, keep=timedelta(days=90))
    assert [r.name for r in found] == gone


def test_what_has_no_date_is_never_old() -> None:
    assert not is_older(None, NOW, timedelta(0))
    assert is_older(NOW - timedelta(seconds=2), NOW, timedelta(seconds=1))
    assert not is_older(NOW - timedelta(seconds=1), NOW, timedelta(seconds=1))
