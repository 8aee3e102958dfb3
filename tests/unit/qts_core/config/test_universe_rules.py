"""A universe that contradicts itself is refused with every contradiction in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from qts_core.adapters.settings_files import load_settings
from qts_core.config.universe import UniverseSettings
from qts_core.config.universe_rules import ROLES
from qts_core.market.errors import InvalidConfigError

A = {"symbol": "AAPL", "sector": "Technology"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            {"symbols": (A, {"symbol": "aapl", "sector": "Energy"})},
            "AAPL is listed twice: symbols[0] (Technology) and symbols[1] (Energy)",
        ),
        (
            {"symbols": (A,), "auxiliary": ({"symbol": "AAPL", "role": "market"},)},
            "AAPL is listed twice: symbols[0] (Technology) and auxiliary[0] (market)",
        ),
        (
            {"symbols": (A, A), "other_sectors": {"AAPL": "Energy"}},
            "AAPL is listed 3 times: symbols[0] (Technology) and symbols[1] (Technology) and other_sectors (Energy)",
        ),
        (
            {"symbols": ({**A, "from_date": "2024-03-01", "to_date": "2024-02-29"},)},
            "symbols[0] AAPL is a member from 2024-03-01 to 2024-02-29, which lies before",
        ),
        (
            {"auxiliary": ({"symbol": "SPY", "role": "markets"},)},
            "auxiliary[0] SPY has the unknown role 'markets', expected one of market, growth, small_cap, rates, "
            "dollar, gold, bonds, cash, volatility, sector:<name>",
        ),
        (
            {"auxiliary": ({"symbol": "XLK", "role": "sector:Tecnology"},)},
            "auxiliary[0] XLK stands for the unknown sector 'Tecnology'; did you mean Technology?",
        ),
        (
            {"auxiliary": ({"symbol": "SPY", "role": "market", "tradeable": True},)},
            "auxiliary[0] SPY is tradeable, but these are for features only; list what is traded under symbols",
        ),
        (
            {"sector_limits": {"Finacials": 0.2}},
            "sector_limits names the sector 'Finacials', of which there is no symbol; did you mean Financials?",
        ),
        ({"blacklist": {"symbols": ("A", "a")}}, "A is listed twice in blacklist.symbols"),
        ({"blacklist": {"reasons": {"A": "no"}}}, "blacklist.reasons names A but blacklist.symbols does not"),
    ],
)
def test_each_contradiction_is_one_sentence(content: Mapping[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        UniverseSettings.model_validate(content)
    (details,) = caught.value.errors()
    assert details["ctx"]["sentences"] == [sentence]


def test_all_of_them_are_told_at_once_with_code_and_file(tmp_path: Path) -> None:
    (tmp_path / "universe.yaml").write_text(
        "symbols:\n"
        '  - {symbol: AAPL, sector: Technology, from: "2024-03-01", to: "2024-01-02"}\n'
        "  - {symbol: AAPL, sector: Energy}\n"
        "auxiliary:\n"
        "  - {symbol: SPY, role: index, tradeable: true}\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(config_dir=tmp_path, environment={})
    line = str(caught.value)
    assert line.startswith("QTS-CONF-005 InvalidConfigError: 4 settings are wrong: (1) universe at ")
    assert "\n" not in line
    for words in ("AAPL is listed twice", "which lies before", "SPY is tradeable", "unknown role 'index'"):
        assert words in line


def test_more_than_twenty_findings_are_counted(tmp_path: Path) -> None:
    rows = "".join(f'  - {{symbol: A{chr(65 + i)}, from: "2024-03-01", to: "2024-01-02"}}\n' for i in range(25))
    (tmp_path / "universe.yaml").write_text("symbols:\n" + rows, encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(config_dir=tmp_path, environment={})
    assert "25 settings are wrong" in str(caught.value)
    assert "(20)" in str(caught.value)
    assert "(21)" not in str(caught.value)
    assert str(caught.value).endswith("; and 5 more")
    assert len(caught.value.__notes__) == 25


def test_a_sector_of_ones_own_may_have_a_fund_and_a_limit() -> None:
    content = {
        "symbols": ({"symbol": "AAPL", "sector": "Fruit"},),
        "auxiliary": ({"symbol": "XLK", "role": "sector:Fruit"},),
        "sector_limits": {"Fruit": 0.1},
    }
    assert UniverseSettings.model_validate(content).with_role("sector:Fruit") == ("XLK",)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_declared_role_is_allowed(role: str) -> None:
    assert UniverseSettings.model_validate({"auxiliary": ({"symbol": "SPY", "role": role},)}).with_role(role)
