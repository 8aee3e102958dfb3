"""What a month of clean bars is made from, so that an unchanged month is never made again (checklist C-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from qts_core.market.calendar import month_of
from qts_core.market.errors import DataNotFoundError
from qts_core.market.ids import digest
from qts_core.ports.lake import LakePort

__all__ = ["CLEANED", "CLEANING_VERSION", "cleaning_inputs", "is_current", "month_before"]

CLEANING_VERSION = "2"
"""Raise it whenever the same raw bars would be cleaned differently: every month is then cleaned again."""

CLEANED = ("clean_bars", "quarantine", "cleaning_state")
"""The tables that cleaning a month writes, all with the same lineage."""


def cleaning_inputs(lake: LakePort, month: str, actions: pl.DataFrame) -> dict[str, str]:
    """Return the hashes of everything that the cleaning of `month` depends on.

    Parameters
    ----------
    lake : LakePort
        With ``raw_bars`` of the month, and ``cleaning_state`` of the month before it if that has raw bars.
    month : str
        ``YYYY-MM``.
    actions : DataFrame
        Of ``ACTION_SCHEMA``; only those in force by the end of the month count, so a dividend of today changes no
        earlier month.

    Raises
    ------
    DataNotFoundError
        If the month before was not cleaned.
    """
    in_force = actions.filter(pl.col("ex_date") <= month_of(date.fromisoformat(f"{month}-01"))[1])
    inputs = {
        "cleaning": CLEANING_VERSION,
        "raw_bars": lake.data_hash("raw_bars", [month]),
        "actions": digest(in_force.sort(in_force.columns).write_csv()),
    }
    if (before := month_before(lake, month)) is not None:
        if lake.partition("cleaning_state", before) is None:
            raise DataNotFoundError(
                "QTS-DATA-016", "the month before has not been cleaned", where=f"clean_bars {month}",
                found=f"no cleaning_state of {before}", fix="clean the months in order, or all of them",
            )  # fmt: skip
        inputs["cleaning_state"] = lake.data_hash("cleaning_state", [before])
    return inputs


def month_before(lake: LakePort, month: str) -> str | None:
    """Return the last month of raw bars before `month`, None for the first."""
    return max((m for m in lake.months("raw_bars") if m < month), default=None)


def is_current(lake: LakePort, tables: Sequence[str], month: str, inputs: Mapping[str, str]) -> bool:
    """Return whether `month` of every table of `tables` is stored and was made from exactly these `inputs`."""
    stored = [lake.partition(table, month) for table in tables]
    return all(partition is not None and inputs.items() <= partition.lineage.items() for partition in stored)
