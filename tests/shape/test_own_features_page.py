"""The page on own features can be followed: every block of it is run, and every code it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.own_features import load_own_file
from qts_core.adapters.settings_files import load_settings
from qts_core.data.ingest import load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features import Catalogue
from qts_core.features.store import compute_panel
from qts_core.market.error_codes import ERROR_CODES
from qts_core.market.panel import Panel
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "concepts" / "own-features.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "examples" / "my_features.py"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    from datetime import date

    from qts_core.adapters.lake import Lake
    from qts_core.data.ingest import clean_all
    from qts_core.market.calendar import xnys

    lake = Lake(tmp_path_factory.mktemp("page"))
    span = SyntheticMarketSettings(symbols=3, first=date(2024, 1, 22), last=date(2024, 1, 31), seed=3)
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    clean_all(lake, calendar=xnys())
    return load_panel(lake, calendar=xnys())


@pytest.mark.parametrize("text", [*blocks("python"), EXAMPLE.read_text(encoding="utf-8")])
def test_every_block_of_python_is_a_file_whose_features_can_be_computed(
    text: str, panel: Panel, tmp_path: Path
) -> None:
    path = tmp_path / "my_features.py"
    path.write_text(text, encoding="utf-8")
    specs = [each.spec for each in load_own_file(str(path)).declared]
    values = compute_panel(panel, Catalogue(specs)).values
    for spec, one in zip(specs, values, strict=True):
        assert np.isfinite(one[spec.warm_up_bars :]).mean() > 0.9
        assert np.isnan(one[: spec.warm_up_bars]).all()


def test_the_block_of_settings_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "features.yaml").write_text("".join(blocks("yaml")), encoding="utf-8")
    found = load_settings(config_dir=tmp_path, environment={"QTS_HOME": str(tmp_path)}).settings
    assert found.features.own == (str(tmp_path / "my_features.py"),)


def test_ago_is_the_return_of_pandas(panel: Panel, tmp_path: Path) -> None:
    import pandas as pd

    (text,) = [block for block in blocks("python") if "def ago" in block]
    path = tmp_path / "my_features.py"
    path.write_text(text, encoding="utf-8")
    (declared,) = load_own_file(str(path)).declared
    found = compute_panel(panel, Catalogue([declared.spec])).values[0]
    for column in range(len(panel.symbols)):
        close = pd.Series((panel["close"] * panel["factor"])[:, column]).dropna()
        expected = close.pct_change(7).reindex(range(len(panel))).to_numpy()
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-12)


def test_every_code_that_it_names_exists() -> None:
    assert set(re.findall(r"QTS-[A-Z]+-\d{3}", PAGE)) <= set(ERROR_CODES)
