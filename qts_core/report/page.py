"""One self-contained HTML page from a report's input (specification 11.3; ecosystem: the tear sheet)."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qts_core.report.context import Context
from qts_core.report.inputs import ReportInput
from qts_core.report.sections.contribution import contribution_section
from qts_core.report.sections.costs import costs_section
from qts_core.report.sections.equity import equity_section
from qts_core.report.sections.exposure import exposure_section
from qts_core.report.sections.identity import facts, safe_links
from qts_core.report.sections.measures import measures_section
from qts_core.report.sections.operations import limits_section, live_section
from qts_core.report.sections.returns import returns_section, rolling_section
from qts_core.report.sections.robustness import folds_section, gates_section
from qts_core.report.sections.trades import trades_section
from qts_core.report.sections.verdict import verdict
from qts_core.report.theme import DARK, LIGHT, css_variables, svg_style

__all__ = ["render_report"]

SECTIONS = (
    gates_section,
    equity_section,
    returns_section,
    rolling_section,
    folds_section,
    costs_section,
    trades_section,
    contribution_section,
    exposure_section,
    limits_section,
    live_section,
    measures_section,
)


def render_report(given: ReportInput) -> str:
    """Return the report as one HTML page that opens offline, in light and dark, on a desk, a phone and paper.

    Notes
    -----
    Equal inputs give equal pages. Every text is escaped. The page holds no script and asks the network for nothing.
    """
    context = Context.of(given)
    sections = [s for s in (make(context) for make in SECTIONS) if s is not None]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            identity=given.identity,
            facts=facts(context),
            links=safe_links(given.identity.links),
            notes=given.notes,
            verdict=verdict(context),
            sections=sections,
            style=_style(),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("qts_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _style() -> Markup:
    """Return the page's style sheet: the palette of the theme, the rules of the pictures, the rules of the page."""
    page = _environment().get_template("report.css").render()
    variables = (
        f":root{{color-scheme:light dark;{css_variables(LIGHT)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{css_variables(DARK)}}}}}"
        f"@media print{{:root{{color-scheme:light;{css_variables(LIGHT)}}}}}"
    )
    # Our own constants and a file of this package: no input reaches it.
    return Markup(variables + svg_style() + page)  # noqa: S704
