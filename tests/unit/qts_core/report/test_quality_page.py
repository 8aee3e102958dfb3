"""The page about bars: verdict first, worst first, self-contained, escaped, the same every time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape

import polars as pl
import pytest

from qts_core.data.quality.report import QualityReport, check_bars
from qts_core.data.quality.rules import RULES
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.report.quality_page import quality_page
from tests.support.pages import outline

MARKET = SyntheticMarketSettings(symbols=5, first=date(2024, 5, 1), last=date(2024, 6, 14), seed=3, splits_per_year=0.0)


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    return synthetic_market(MARKET).bars


@pytest.fixture(scope="module")
def broken(bars: pl.DataFrame) -> QualityReport:
    """A hundredfold price from some day on, and one broken bar."""
    hit = (pl.col("symbol") == bars["symbol"][0]) & (pl.col("ts_event") >= datetime(2024, 5, 28, tzinfo=UTC))
    spoilt = bars.with_columns(
        pl.when(hit).then(pl.col(n) * 100).otherwise(pl.col(n)).alias(n) for n in ("open", "high", "low", "close")
    ).with_columns(volume=pl.when(pl.int_range(pl.len()) == 40).then(-1.0).otherwise("volume"))
    return check_bars(spoilt, calendar=xnys())


def test_the_verdict_comes_first_and_every_section_has_its_anchor(broken: QualityReport) -> None:
    page = quality_page(broken, title="mine.csv", path="mine.csv")
    seen = outline(page).seen
    ids = [a["id"] for _, a in seen if "id" in a]
    assert ids == ["verdict", "findings", "evidence", "coverage", "rules"]
    assert {str(a["href"])[1:] for tag, a in seen if tag == "a"} <= set(ids)
    text = unescape(re.sub(r"<[^>]+>", " ", page))
    assert text.index("would be refused") < text.index("price_jumps") < text.index("volume_negative")
    assert "qts data import mine.csv --refused drop" in text


def test_every_rule_is_listed_with_its_outcome(broken: QualityReport) -> None:
    page = quality_page(broken)
    assert all(rule.code in page for rule in RULES.values())
    assert page.count(">holds<") == len(RULES) - len(broken.findings)


def test_the_page_needs_nothing_from_outside(broken: QualityReport) -> None:
    page = quality_page(broken)
    seen = outline(page).seen
    assert not [tag for tag, _ in seen if tag in {"script", "link", "img", "iframe", "object", "embed"}]
    assert "@import" not in page
    assert "url(" not in page


def test_a_price_step_is_drawn(broken: QualityReport) -> None:
    page = quality_page(broken)
    assert ">the step<" in page
    assert page.count("<svg") == 4, "a picture of the price and one of coverage, each for wide and narrow screens"


def test_what_comes_from_files_is_escaped(broken: QualityReport) -> None:
    page = quality_page(broken, title="<script>x</script>", source="<b>", path="<i>", notes=("<u>",))
    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<u>" not in page


def test_equal_reports_give_equal_pages(broken: QualityReport) -> None:
    assert quality_page(broken) == quality_page(broken)


def test_sound_bars_say_that_nothing_stands_against_them(bars: pl.DataFrame) -> None:
    report = check_bars(bars, calendar=xnys())
    page = quality_page(report, is_synthetic=True)
    assert "Nothing stands against these bars" in page
    assert "Synthetic market" in page
    quiet = QualityReport(report.rows, report.symbols, ())
    assert "There is nothing to do." in quality_page(quiet)


def test_many_months_are_drawn_by_year() -> None:
    from qts_core.report.quality_figures import coverage_figure

    months = [f"{year}-{month:02d}" for year in range(2010, 2020) for month in range(1, 13)]
    table = pl.DataFrame(
        {"symbol": ["AAA"] * 120, "month": months, "bars": [1] * 120, "expected": [2] * 120, "ratio": [0.5] * 120}
    )
    assert coverage_figure(table).counted == "n = 1 symbols, 10 years"
    assert coverage_figure(table.head(72)).counted == "n = 1 symbols, 72 months"
