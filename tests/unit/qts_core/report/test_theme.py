"""The palette can be read by people."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from qts_core.report.theme import DARK, LIGHT, ROLES, css_variables, svg_style


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_has_the_contrast_that_wcag_asks_for(palette: Mapping[str, str]) -> None:
    for role in ("ink", "muted", "gain", "loss", "net"):
        for ground in ("card", "paper", "wash"):
            assert contrast(palette[role], palette[ground]) >= 4.5, (role, ground)


def test_both_palettes_have_every_role_and_every_role_has_a_rule() -> None:
    assert set(LIGHT) == set(DARK)
    style = svg_style()
    for role in ROLES:
        assert f".f-{role}{{" in style
        assert f"--{role}:" in css_variables(LIGHT)
