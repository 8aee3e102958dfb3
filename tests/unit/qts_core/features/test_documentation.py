from __future__ import annotations

import math
from pathlib import Path

from qts_core.features import alpha158_catalogue, default_catalogue, ops
from qts_core.features.documentation import alpha158_reference, bounds_text, features_reference, formula_lines

REFERENCE = Path(__file__).parents[4] / "docs" / "reference"


def test_the_pages_are_those_the_catalogues_make() -> None:
    assert (REFERENCE / "features.md").read_text(encoding="utf-8") == features_reference(), "run `make docs`"
    assert (REFERENCE / "alpha158.md").read_text(encoding="utf-8") == alpha158_reference(), "run `make docs`"


def test_every_feature_and_its_source_stand_on_the_page() -> None:
    page = features_reference() + alpha158_reference()
    for spec in (*default_catalogue(), *alpha158_catalogue()):
        assert f"| `{spec.name}` | {spec.doc} |" in page
        assert spec.source in page


def test_bounds_read_as_intervals() -> None:
    assert bounds_text((0.0, 100.0)) == "[0, 100]"
    assert bounds_text((-math.inf, math.inf)) == "(-inf, inf)"


def test_a_formula_names_shared_parts_once() -> None:
    mean = ops.sma(ops.close, 3)
    assert formula_lines(mean / mean) == ["x1 = rolling_sum(close, window=3, divisor=3)", "x2 = divide(x1, x1)"]
    assert formula_lines(ops.close) == ["close"]
