"""Figures and pages from results; everything returns a string (specification 11.3)."""

from __future__ import annotations

from qts_core.report.inputs import ReportInput
from qts_core.report.page import render_report

__all__ = ["ReportInput", "render_report"]
