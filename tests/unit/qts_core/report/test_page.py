"""The page as a whole: complete, self-contained, escaped, small, the same every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from qts_core.analytics.definitions import METRICS
from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline
from qts_core.report import ReportInput, render_report
from qts_core.report.inputs import Costs, Curves, Fold, Gate, LimitEvent, Link
from tests.support.pages import outline

Maker = Callable[..., ReportInput]
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def page(sample: Maker) -> str:
    return render_report(sample())


def test_every_section_is_there_and_the_verdict_comes_first(page: str) -> None:
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == [
        "verdict", "identity", "equity", "returns", "rolling", "exposure", "trades", "costs", "attribution",
        "robustness", "stress", "limits", "metrics",
    ]  # fmt: skip


def test_elements_nest_and_every_anchor_has_its_target(page: str) -> None:
    seen = outline(page).seen
    ids = [a["id"] for _, a in seen if "id" in a]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for tag, a in seen if tag == "a" and str(a["href"]).startswith("#")} <= set(ids)


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    seen = outline(page).seen
    assert not [tag for tag, _ in seen if tag in {"script", "link", "img", "iframe", "object", "embed"}]
    assert not [a for _, a in seen if "src" in a or any(name.startswith("on") for name in a)]
    assert "@import" not in page
    assert "url(" not in page


def test_every_picture_is_valid_xml_that_names_itself(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) >= 26
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert "nan" not in picture.lower().replace("finance", "")


def test_every_figure_and_table_says_its_n(page: str) -> None:
    captions = re.findall(r"<figcaption><span>(.*?)</span> <small>(.*?)</small>", page)
    families = {m.family.value for m in METRICS.values()}
    assert len(captions) > 20
    for title, counted in captions:
        assert "n = " in counted or title in families, title


def test_every_metric_stands_on_the_page_with_its_formula(page: str) -> None:
    seen = [a.get("title") or "" for tag, a in outline(page).seen if tag == "td"]
    for metric in METRICS.values():
        assert any(metric.formula in hover for hover in seen), metric.name


def test_a_script_in_any_text_is_written_not_run(sample: Maker) -> None:
    given = sample()
    trade = replace(given.trades[0], symbol=SCRIPT, side=SCRIPT)
    fold = replace(given.folds[0], name=SCRIPT, measures={SCRIPT: (0.1, 0.2)})
    hostile = replace(
        given,
        identity=replace(
            given.identity, title=SCRIPT, strategy=SCRIPT, market=SCRIPT, universe=SCRIPT, cost_model=SCRIPT,
            data_hash=SCRIPT, model_version='"><img src=x onerror=alert(1)>',
            links=(Link(SCRIPT, "https://example.org/\"onclick='x'"), Link("bad", "javascript:alert(1)")),
        ),
        trades=(trade, *given.trades[1:]),
        gates=(Gate(SCRIPT, False, 0.1, 0.2, SCRIPT, SCRIPT),),
        folds=(fold,),
        sectors={SCRIPT: SCRIPT},
        limits=(LimitEvent(SCRIPT, 1, symbol=SCRIPT, reason=SCRIPT),),
        costs=Costs({SCRIPT: given.costs.traded * 1e-4}, given.costs.traded),
        notes=(SCRIPT,),
    )  # fmt: skip
    page = render_report(hostile)
    seen = outline(page).seen
    assert not [tag for tag, _ in seen if tag in {"script", "img"}]
    assert not [a for _, a in seen if any(name.startswith("on") for name in a)]
    assert "javascript:" not in page
    assert page.count("&lt;script&gt;") > 10


def test_a_synthetic_market_is_said_to_be_one_and_a_real_one_is_not(sample: Maker) -> None:
    assert "<strong>Synthetic market</strong>" in render_report(sample(is_synthetic=True))
    assert "<strong>Synthetic market</strong>" not in render_report(sample(is_synthetic=False))


def test_the_same_input_gives_the_same_page(sample: Maker, page: str) -> None:
    assert render_report(sample()) == page


def test_negative_numbers_stand_in_parentheses_and_in_red(page: str) -> None:
    for kind, written in re.findall(r'<td class="num( neg)?"[^>]*>(.*?)</td>', page):
        assert (kind == " neg") == written.startswith("("), written
    assert re.search(r"<td[^>]*>-\d", page) is None


def test_five_years_of_bars_and_ten_thousand_trades_stay_below_a_megabyte(sample: Maker) -> None:
    given = sample(date(2020, 1, 2), date(2024, 12, 31))
    many = tuple(replace(given.trades[i % 30], symbol=f"S{i % 50:03d}", bars_held=i % 90) for i in range(10_000))
    page = render_report(replace(given, trades=many))
    assert len(page.encode()) < 1_000_000


def test_a_run_of_no_bars_still_gives_a_page(sample: Maker) -> None:
    line = Timeline.between(xnys(), date(2024, 11, 28), date(2024, 11, 28))
    none = np.array([])
    given = sample()
    page = render_report(
        ReportInput(given.identity, Curves(line, none, none, 1.0, none, none, none), Costs({}, none), given.trials)
    )
    outline(page)
    assert "Not judged by any gate; 0 of 4 goals met" in page
    assert "No position was opened and closed again." in page


def test_one_session_without_trades_or_benchmark_gives_a_page(sample: Maker) -> None:
    given = sample(date(2024, 6, 28), date(2024, 6, 28))
    curves = replace(given.curves, benchmark=None)
    page = render_report(replace(given, curves=curves, trades=(), gates=(), folds=(), live=None, scenarios=()))
    outline(page)
    assert 'id="rolling"' not in page


def test_losing_everything_is_drawn_without_a_logarithm_of_nothing(sample: Maker) -> None:
    given = sample()
    sunk = np.linspace(100_000.0, -500.0, len(given.curves.timeline))
    outline(render_report(replace(given, curves=replace(given.curves, net=sunk, gross=sunk))))


def test_a_fold_that_lacks_a_measure_is_left_blank(sample: Maker) -> None:
    given = sample()
    day = date(2024, 1, 2)
    other = Fold("fold 2", day, day, day, day, 1, 1, {"Rank IC": (0.1, float("nan"))})
    page = render_report(replace(given, folds=(*given.folds, other)))
    assert "fold 2" in page
    assert '<td class="num">–</td>' in page
