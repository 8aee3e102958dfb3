"""The picture of a fold plan: every fold has a line, what is purged is wide enough to be seen, and text is text."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from qts_core.config.training import TrainingSettings
from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline
from qts_core.report.fold_figures import fold_chart, fold_picture, fold_text, path_chart, path_picture
from qts_core.report.svg.spans import LEAST
from qts_core.training.folds import FoldPlan, plan_folds

LINE = Timeline.between(xnys(), date(2020, 1, 1), date(2022, 12, 31))
SVG = "{http://www.w3.org/2000/svg}"


def plan_of(method: str, **changes: object) -> FoldPlan:
    return plan_folds(TrainingSettings.model_validate({"validation_method": method, **changes}), LINE, horizon_bars=26)


@pytest.mark.parametrize("method", ["walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged"])
def test_what_is_purged_is_seen_although_it_is_narrow(method: str) -> None:
    plan = plan_of(method, embargo_bars=30)
    root = ElementTree.fromstring(fold_chart(plan, LINE, width=420))
    for role in ("f-fold-purged", "f-fold-embargo"):
        drawn = [float(r.get("width", "0")) for r in root.iter(f"{SVG}rect") if r.get("class") == role]
        # the first is the legend's
        assert len(drawn) > len(plan.folds) // 2
        assert min(drawn[1:]) >= LEAST - 0.11, role


def test_each_fold_and_the_live_model_has_a_line_with_its_dates_on_hover() -> None:
    plan = plan_of("walk_forward")
    root = ElementTree.fromstring(fold_chart(plan, LINE, width=420))
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert {f"fold {fold.index + 1}" for fold in plan.folds} | {"live model", "train", "purged", "hold-out"} <= set(
        words
    )
    hovers = [t.text or "" for t in root.iter(f"{SVG}title")]
    last = plan.describe(LINE)[-1]["test"]
    assert any(f"fold {len(plan.folds)}, test: {last}" in hover for hover in hovers)


def test_spans_lie_side_by_side() -> None:
    root = ElementTree.fromstring(fold_chart(plan_of("combinatorial_purged"), LINE, width=420))
    lines: dict[str, list[tuple[float, float]]] = {}
    for r in root.iter(f"{SVG}rect"):
        if r.get("height") != "10":
            lines.setdefault(r.get("y", ""), []).append((float(r.get("x", "")), float(r.get("width", ""))))
    for spans in lines.values():
        for (x, width), (following, _) in pairwise(spans):
            assert x + width == pytest.approx(following, abs=0.21)


def test_hundreds_of_folds_are_cut_to_what_can_be_read_and_the_picture_says_so() -> None:
    plan = plan_of("combinatorial_purged", groups=10, test_groups=3)
    assert len(plan.folds) == 120
    root = ElementTree.fromstring(fold_chart(plan, LINE, width=420))
    assert "80 of them not drawn" in root.get("aria-label", "")


def test_each_path_names_the_fold_that_serves_it() -> None:
    plan = plan_of("combinatorial_purged", groups=4)
    root = ElementTree.fromstring(path_chart(plan, LINE, width=420))
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert [w for w in words if w and w.startswith("path")] == ["path 1", "path 2", "path 3"]
    # by hand: folds are 12, 13, 14, 23, 24, 34; group 1 is judged by 1, 2, 3, group 2 by 1, 4, 5, ...
    assert [w for w in words if w and w.isdigit() and len(w) == 1] == [
        "1", "1", "2", "3", "2", "4", "4", "5", "3", "5", "6", "6",
    ]  # fmt: skip


def test_pictures_for_markdown_carry_their_colours() -> None:
    plan = plan_of("combinatorial_purged", groups=3)
    for picture in (fold_picture(plan, LINE), path_picture(plan, LINE)):
        assert "--fold-test:" in picture
        ElementTree.fromstring(picture)


def test_the_terminal_shows_purge_then_embargo_after_a_test_and_the_holdout_last() -> None:
    lines = fold_text(plan_of("purged_k_fold", holdout_sessions=30), LINE, columns=60).splitlines()
    assert lines[0].startswith("fold 1      ███")
    assert "█xe▒" in lines[0]
    assert all(line.endswith("H") for line in lines[:6])
    assert all(len(line) <= 12 + 60 for line in lines[:7])
    assert "2020-01-02" in lines[6]
    assert "2022-12-30" in lines[6]
