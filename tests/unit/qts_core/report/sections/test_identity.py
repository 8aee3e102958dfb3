"""What was run can be found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qts_core.report.context import Context
from qts_core.report.inputs import Link, ReportInput
from qts_core.report.sections.identity import facts, safe_links

Maker = Callable[..., ReportInput]


def test_hashes_are_cut_to_read_and_kept_to_copy(sample: Maker) -> None:
    found = {f.name: f for f in facts(Context.of(sample()))}
    assert found["Configuration"].text == "3f9a3f9a3f9a"
    assert found["Configuration"].full == "3f9a" * 16
    assert found["Sessions"].text == "1 Nov 2023 – 28 Jun 2024"
    assert found["Made"].text == "31 Dec 2024 17:00 New York"


def test_what_is_not_known_is_said(sample: Maker) -> None:
    given = sample()
    bare = replace(given, identity=replace(given.identity, configuration_hash="", seed=None, created=None))
    found = {f.name: f.text for f in facts(Context.of(bare))}
    assert found["Configuration"] == "not recorded"
    assert found["Seed"] == "not stated"
    assert "Made" not in found


def test_only_links_that_lead_to_pages_are_kept() -> None:
    hrefs = ["https://x.org/a?b=c:d", "http://127.0.0.1:5000/#/runs/1", "trades.csv", "../a/b.html", "#equity"]
    bad = ["javascript:alert(1)", " javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "vbscript:x", "file:///x"]
    kept = safe_links(tuple(Link("l", href) for href in [*hrefs, *bad]))
    assert [link.href for link in kept] == hrefs
