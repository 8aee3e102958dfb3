"""One self-contained HTML page from a report's input (specification 11.3; ecosystem: the tear sheet)."""

from __future__ import annotations

from qts_core.report.context import Context
from qts_core.report.inputs import ReportInput
from qts_core.report.sections.attribution import attribution_section
from qts_core.report.sections.costs import costs_section
from qts_core.report.sections.equity import equity_section
from qts_core.report.sections.exposure import exposure_section
from qts_core.report.sections.identity import facts, lineage, safe_links
from qts_core.report.sections.measures import measures_section
from qts_core.report.sections.operations import limits_section
from qts_core.report.sections.returns import returns_section
from qts_core.report.sections.robustness import robustness_section
from qts_core.report.sections.rolling import rolling_section
from qts_core.report.sections.stress import stress_section
from qts_core.report.sections.trades import trades_section
from qts_core.report.sections.verdict import verdict
from qts_core.report.templating import page_style, template

__all__ = ["SECTIONS", "render_report"]

SECTIONS = (
    equity_section,
    returns_section,
    rolling_section,
    exposure_section,
    trades_section,
    costs_section,
    attribution_section,
    robustness_section,
    stress_section,
    limits_section,
    measures_section,
)
"""After the verdict and the identity: thirteen in all."""


def render_report(given: ReportInput) -> str:
    """Return the report as one HTML page that opens offline, in light and dark, on a desk, a phone and paper.

    Notes
    -----
    Equal inputs give equal pages. Every text is escaped. The page holds no script and asks the network for nothing.
    """
    context = Context.of(given)
    sections = [s for s in (make(context) for make in SECTIONS) if s is not None]
    return template("report.html.j2").render(
        identity=given.identity,
        facts=facts(context),
        lineage=lineage(context),
        links=safe_links(given.identity.links),
        notes=given.notes,
        verdict=verdict(context),
        sections=sections,
        style=page_style(),
    )
