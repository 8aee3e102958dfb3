"""Templates and the style sheet that every page shares: escaped, self-contained, without a script."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from qts_core.report.theme import DARK, LIGHT, css_variables, svg_style

__all__ = ["page_style", "template"]


def template(name: str) -> Template:
    """Return a template of this package; every text in it is escaped, and an unknown name is an error."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def page_style() -> Markup:
    """Return the style sheet of a page: the palette of the theme, the rules of the pictures, the rules of the page."""
    page = template("report.css").render()
    variables = (
        f":root{{color-scheme:light dark;{css_variables(LIGHT)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{css_variables(DARK)}}}}}"
        f"@media print{{:root{{color-scheme:light;{css_variables(LIGHT)}}}}}"
    )
    # Our own constants and a file of this package: no input reaches it.
    return Markup(variables + svg_style() + page)  # noqa: S704


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("qts_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
