"""The palette, light and dark: a colour is a role, and a role means the same thing in every picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["COST_ROLES", "DARK", "LIGHT", "ROLES", "css_variables", "svg_style"]

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#f7f6f3",
    "card": "#ffffff",
    "ink": "#1b1f24",
    "muted": "#646b75",
    "rule": "#e3e1dc",
    "wash": "#f1efea",
    "net": "#1d5fbf",
    "gross": "#79a6e4",
    "benchmark": "#8d939c",
    "sample": "#1d5fbf",
    "live": "#d5761c",
    "gain": "#14734f",
    "loss": "#c23a30",
    "exposure": "#6d4bb3",
    "holding": "#a68fd6",
    "cost-a": "#8a5a12",
    "cost-b": "#c98a2b",
    "cost-c": "#e6c07a",
    "cost-d": "#5f6f52",
    "fold-train": "#b9d2f3",
    "fold-validation": "#8d6fd1",
    "fold-test": "#1d5fbf",
    "fold-purged": "#c23a30",
    "fold-embargo": "#e8a13c",
    "fold-holdout": "#545b66",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#121417",
    "card": "#1a1d21",
    "ink": "#e8e6e1",
    "muted": "#9aa1ab",
    "rule": "#30353c",
    "wash": "#22262b",
    "net": "#6aa5ff",
    "gross": "#3f6cae",
    "benchmark": "#868d97",
    "sample": "#6aa5ff",
    "live": "#f29b45",
    "gain": "#46b98a",
    "loss": "#f0746a",
    "exposure": "#b197f0",
    "holding": "#7159a8",
    "cost-a": "#b9822f",
    "cost-b": "#dfa74f",
    "cost-c": "#f0d39b",
    "cost-d": "#98ab86",
    "fold-train": "#2c4a73",
    "fold-validation": "#9d83e0",
    "fold-test": "#6aa5ff",
    "fold-purged": "#f0746a",
    "fold-embargo": "#f0b35c",
    "fold-holdout": "#a9b0ba",
}
ROLES: Final = tuple(role for role in LIGHT if role not in {"paper", "card", "rule", "wash"})
COST_ROLES: Final = ("cost-a", "cost-b", "cost-c", "cost-d")

_SHAPES = (
    "svg{font:11px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-variant-numeric:tabular-nums}"
    "svg text{fill:var(--muted)}svg .ink{fill:var(--ink)}svg .strong{font-weight:600}"
    ".grid{stroke:var(--rule);stroke-width:1;fill:none}.axis{stroke:var(--muted);stroke-width:1;fill:none}"
    ".s{fill:none;stroke-width:1.8;stroke-linejoin:round}.thin{stroke-width:1.1}.dash{stroke-dasharray:4 3}"
    ".area{opacity:.22}.tint{opacity:.06}.dot{opacity:.55}.cell{stroke:var(--card);stroke-width:1.5}"
    ".wash{fill:var(--wash)}.hit{fill:transparent}.e{text-anchor:end}.m{text-anchor:middle}"
    ".d{font-weight:600}.tiny{font-size:9px}.marked{fill:none;stroke:var(--ink);stroke-width:2}"
    # A read-out takes the place of the legend while the pointer is on its strip.
    ".p>.hit~*{opacity:0;pointer-events:none}.p:hover>.hit~*{opacity:1}svg:has(.p:hover) .legend{opacity:0}"
)


def css_variables(colours: Mapping[str, str]) -> str:
    """Return `colours` as CSS custom properties."""
    return ";".join(f"--{role}:{value}" for role, value in colours.items())


def svg_style() -> str:
    """Return the style rules every picture is drawn with: ``l-role`` strokes, ``f-role`` fills."""
    lines = "".join(f".l-{role}{{stroke:var(--{role})}}.f-{role}{{fill:var(--{role})}}" for role in ROLES)
    # A text's colour must win over `svg text`.
    texts = "".join(f"svg .t-{role}{{fill:var(--{role})}}" for role in ROLES)
    return _SHAPES + lines + texts
