"""Cleaning: what breaks a rule goes to quarantine, what is missing is filled forward, what is odd is flagged."""

from __future__ import annotations

from qts_core.data.cleaning.clean import CleanResult, clean_bars

__all__ = ["CleanResult", "clean_bars"]
