"""Two reports held against each other: on common sessions, paired, and honest about what cannot be told apart."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from qts_core.market.errors import DataNotFoundError
from qts_core.market.panel import Floats
from qts_core.report.difference import _RESAMPLED, MEASURES, compare_reports, difference_headline
from qts_core.report.difference_page import difference_page
from qts_core.report.inputs import ReportInput
from qts_core.report.record import ReportRecord, record_of
from tests.support.pages import outline

Maker = Callable[..., ReportInput]
FIRST = date(2024, 1, 2)
NOISE = np.random.default_rng(3).normal(0.0, 0.01, 250)


def record(name: str, net: Floats, *, start: date = FIRST, settings: dict[str, str] | None = None) -> ReportRecord:
    days = tuple(start + timedelta(days=i) for i in range(len(net)))
    nothing = np.full(len(net), math.nan)
    return ReportRecord(
        name * 12, name, f"Run {name}", "Not judged", False, days, net, net, nothing, {"sharpe_ratio": 1.0},
        {"code": name}, settings or {}, ("ret_1", name),
    )  # fmt: skip


def test_a_steady_gain_on_top_of_the_same_returns_is_told_apart() -> None:
    found = compare_reports(record("a", NOISE), record("b", NOISE + 0.002))
    by_name = {figure.name: figure for figure in found.figures}
    sharpe = by_name["sharpe_ratio"]
    # The deviation is the same, so the difference is 0.002 / s x sqrt(252).
    assert sharpe.difference == pytest.approx(0.002 / np.std(NOISE, ddof=1) * math.sqrt(252))
    assert found.sharpe.difference == pytest.approx(sharpe.difference, rel=0.01)
    assert by_name["annualised_volatility"].difference == pytest.approx(0.0, abs=1e-12)
    assert by_name["total_return"].is_told_apart
    assert found.correlation == pytest.approx(1.0)
    assert difference_headline(found).startswith("b is better beyond chance")


def test_what_other_costs_make_is_not_called_better() -> None:
    one, other = record("a", NOISE), record("b", NOISE + 0.002)
    other = replace(other, hashes={**other.hashes, "cost mode": "optimistic"})
    found = compare_reports(replace(one, hashes={**one.hashes, "cost mode": "pessimistic"}), other)
    assert difference_headline(found).startswith("b is ahead, but under other costs")
    assert "run under different costs" in difference_page(found)


@pytest.mark.parametrize("name", list(MEASURES))
def test_many_series_at_once_are_measured_as_one_by_one(name: str) -> None:
    series = np.random.default_rng(2).normal(0.0, 0.02, (5, 40))
    np.testing.assert_allclose(_RESAMPLED[name](series), [MEASURES[name](row) for row in series], rtol=1e-12)


def test_independent_noise_of_one_kind_is_not_told_apart() -> None:
    other = np.random.default_rng(8).permutation(NOISE)
    assert difference_headline(compare_reports(record("a", NOISE), record("b", other))).startswith(
        "The two cannot be told apart"
    )


def test_only_common_sessions_count() -> None:
    late = record("b", NOISE[:200], start=FIRST + timedelta(days=100))
    found = compare_reports(record("a", NOISE), late)
    assert len(found.days) == 150
    np.testing.assert_array_equal(found.returns[:, 0], NOISE[100:])
    np.testing.assert_array_equal(found.returns[:, 1], NOISE[:150])


def test_too_few_common_sessions_are_refused_in_one_line() -> None:
    with pytest.raises(DataNotFoundError, match="QTS-EXEC-078") as refused:
        compare_reports(record("a", NOISE), record("b", NOISE, start=FIRST + timedelta(days=240)))
    assert "\n" not in refused.value.line()


def test_what_differs_is_listed_and_what_does_not_is_left_out() -> None:
    one = record("a", NOISE, settings={"risk.limit": "0.1", "seed": "7"})
    other = record("b", NOISE, settings={"risk.limit": "0.2", "seed": "7"})
    changed = [(c.part, c.name, c.first, c.second) for c in compare_reports(one, other).changed]
    assert changed == [
        ("identity", "code", "a", "b"), ("setting", "risk.limit", "0.1", "0.2"), ("feature", "a", "used", ""),
        ("feature", "b", "", "used"),
    ]  # fmt: skip


def test_the_same_report_twice_differs_in_nothing() -> None:
    found = compare_reports(record("a", NOISE), record("a", NOISE))
    assert not found.changed
    assert all(figure.difference == 0.0 for figure in found.figures)
    json.dumps(found.to_json(), allow_nan=False)


def test_a_record_survives_its_file_bit_for_bit(sample: Maker) -> None:
    kept = record_of(sample(), "demo", configuration={"a.b": "1"}, features=("x",))
    again = ReportRecord.from_json(kept.to_json())
    np.testing.assert_array_equal(again.net, kept.net)
    assert again.to_json() == kept.to_json()
    assert (again.id, again.days, again.links) == (kept.id, kept.days, kept.links)


def test_equal_runs_have_equal_ids_and_other_ones_do_not(sample: Maker) -> None:
    given = sample()
    other = replace(given, identity=replace(given.identity, configuration_hash="00"))
    assert record_of(given, "a").id == record_of(given, "b").id != record_of(other, "a").id


def test_the_page_is_whole_escaped_and_the_same_each_time(sample: Maker) -> None:
    given = sample()
    hostile = replace(given, identity=replace(given.identity, title="<script>x</script>"))
    found = compare_reports(record_of(given, "a"), record_of(hostile, "b"))
    page = difference_page(found)
    assert not [tag for tag, _ in outline(page).seen if tag in {"script", "link", "img"}]
    assert difference_page(found) == page


@pytest.mark.parametrize("text", ["{}", "[]", '{"days": 3}', "not json"])
def test_what_is_no_record_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ReportRecord.from_json(text)
