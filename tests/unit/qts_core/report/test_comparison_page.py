"""The page of all models: it claims no more than its figures, and opens offline."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import numpy as np
import pytest

from qts_core.analytics.significance import Interval
from qts_core.report.comparison_inputs import (
    ComparedFold,
    ComparedModel,
    ComparedTogether,
    Costs,
    Data,
    Measure,
    ModelComparison,
)
from qts_core.report.comparison_page import comparison_page
from qts_core.report.comparison_words import caveats, headline, reasons
from tests.support.pages import outline

NAN = float("nan")
FIRST = date(2022, 1, 3)


def measure(value: float, reach: float) -> Measure:
    return Measure(value, Interval(value - reach, value + reach, 0.95))


def model(key: str, sharpe: float, *, is_passed: bool | None = False) -> ComparedModel:
    folds = (ComparedFold("fold 1", FIRST, FIRST + timedelta(days=59), sharpe / 50, sharpe, 0.012),)
    return ComparedModel(
        key=key, version="1", semantic="1.0.0", kind="ridge", target="return_26bar", sessions=60, idle=4, first=FIRST,
        last=FIRST + timedelta(days=59), sharpe=measure(sharpe, 2.0), deflated=0.31, net_return=sharpe / 50,
        gross_return=sharpe / 50 + 0.036, costs=3600.0, turnover=0.2, max_drawdown=0.05, trades=600.0,
        rank_ic=measure(0.003, 0.02), permutation_p=0.4, behind=measure(NAN, NAN),
        refused=() if is_passed else ("net_sharpe", "permutation"), is_passed=is_passed, seconds=17.0, folds=folds,
    )  # fmt: skip


def comparison(*models: ComparedModel) -> ModelComparison:
    days = tuple(FIRST + timedelta(days=i) for i in range(60))
    returns = np.random.default_rng(1).normal(0, 0.01, (60, len(models)))
    together = ComparedTogether(days, returns, np.full(60, -0.001), 0.6, 0.52, 0.7) if len(models) > 1 else None
    costs = Costs("pessimistic", 2.5, 3.75, 0.0, 50.0)
    data = Data(36, FIRST, FIRST + timedelta(days=80), 1, 3, {"ADI": date(2022, 3, 20)}, "f" * 64)
    return ModelComparison(models, 9, 4.2, 0.9, together, costs, data, {"later": "not trained yet: qts train later"})


SHOWN = comparison(model("line", 0.4), model("<trees>", -0.6), model("wood", -1.1))


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_verdict_comes_first_and_every_section_has_its_anchor() -> None:
    seen = outline(comparison_page(SHOWN)).seen
    ids = [a["id"] for _, a in seen if "id" in a]
    assert ids == ["verdict", "sharpes", "models", "folds", "equity", "likeness", "missing"]
    assert {str(a["href"])[1:] for tag, a in seen if tag == "a"} == set(ids[1:])


def test_the_page_is_self_contained_and_escaped() -> None:
    page = comparison_page(SHOWN, source="<script>", code="1")
    assert "<script" not in page
    assert "<trees>" not in page
    assert not re.search(r"(src|href)=\"https?:", page)
    assert page == comparison_page(SHOWN, source="<script>", code="1")


def test_nothing_shown_is_said_to_be_nothing_shown() -> None:
    assert headline(SHOWN) == "None of 3 models is shown to earn anything after costs"
    words = " ".join(reasons(SHOWN))
    assert "0.40 after costs, 95 % interval −1.60 to 2.40" in words
    assert "Before costs 3 of 3 earned something, after costs 1" in words, "3.2, 2.4 and 1.4 % before costs"
    assert "60 % of the ways" in words
    assert '<section id="verdict" class="verdict bad">' in comparison_page(SHOWN)


def test_what_was_earned_without_being_foretold_is_said() -> None:
    words = " ".join(reasons(SHOWN))
    assert "rank correlation of 0.003 with what came, −0.017 to 0.023" in words
    assert "line held nothing in 4 of its 60 sessions" in words
    sure = replace(model("line", 0.4), rank_ic=measure(0.05, 0.02), idle=0)
    words = " ".join(reasons(comparison(sure, model("wood", -1.0))))
    assert "foretold" not in words
    assert "held nothing" not in words


def test_a_model_that_passed_is_named() -> None:
    given = comparison(model("line", 2.5, is_passed=True), model("wood", 0.1))
    assert headline(given) == "1 of 2 models passed every gate: line"
    assert '<section id="verdict" class="verdict good">' in comparison_page(given)


def test_what_the_data_cannot_show_is_said() -> None:
    words = " ".join(caveats(SHOWN))
    # 1.96 sqrt(252 / 60)
    assert "only beyond about 4.0" in words
    assert "half spread 2.5 bp, slippage 3.75 bp" in words
    assert "always at 6.25 bp" in words
    assert "1 of 36 symbols end before the data does, the first on 2022-03-20" in words
    assert "of the last 3 sessions without them 2 are judged" in words


def test_figures_stand_in_the_tables_and_missing_ones_as_missing() -> None:
    bare = replace(model("wood", -1.1, is_passed=None), gross_return=NAN, costs=NAN)
    text = text_of(comparison_page(comparison(model("line", 0.4), bare)))
    assert "line ridge ✗ 2 refused 0.40 (1.60) to 2.40" in text or "line ridge 2 refused 0.40 (1.60) to 2.40" in text
    assert "wood ridge not judged (1.10)" in text
    assert "wood – (2.2 %) –" in text


def test_models_of_another_plan_stand_in_a_table_of_their_own() -> None:
    other = replace(model("wood", 0.1), folds=(ComparedFold("fold 1", FIRST, FIRST, 0.01, NAN, NAN),))
    text = text_of(comparison_page(comparison(model("line", 0.4), other)))
    assert "test sessions, line's plan" in text
    assert "test sessions, wood's plan" in text


def test_one_model_alone_has_a_page() -> None:
    page = comparison_page(comparison(model("line", 0.4)))
    assert "line is not shown to earn anything after costs" in page
    assert 'id="equity"' not in page


@pytest.mark.parametrize("value", [NAN, float("inf")])
def test_json_writes_what_is_not_a_number_as_null(value: float) -> None:
    given = comparison(replace(model("line", 0.4), costs=value))
    content = given.to_json()
    assert content["models"][0]["costs"] is None  # type: ignore[index]
    assert content["data"]["first"] == "2022-01-03"  # type: ignore[index]
