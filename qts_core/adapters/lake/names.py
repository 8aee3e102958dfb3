"""Names in the lake: tables, months, blobs, and the files of a month; nothing else becomes a path."""

from __future__ import annotations

import re

from qts_core.market.errors import DataValidationError

__all__ = ["BLOBS", "blob_path", "check_names", "is_month", "is_table", "manifest_path", "segment_file"]

TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])|all", re.ASCII)
BLOB = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*", re.ASCII)
BLOBS = "blobs"


def is_table(name: str) -> bool:
    """Return whether `name` may be a table."""
    return name != BLOBS and TABLE.fullmatch(name) is not None


def is_month(name: str) -> bool:
    """Return whether `name` is ``YYYY-MM`` or ``all``."""
    return MONTH.fullmatch(name) is not None


def check_names(table: str, month: str = "all") -> None:
    """Refuse what is no table or no month.

    Raises
    ------
    DataValidationError
        QTS-DATA-012.
    """
    if not is_table(table):
        raise DataValidationError(
            "QTS-DATA-012", "not a table name", found=table, expected="small letters, digits and _, at most 63"
        )
    if not is_month(month):
        raise DataValidationError("QTS-DATA-012", "not a month", found=month, expected="YYYY-MM or all")


def blob_path(name: str) -> str:
    """Return where the blob `name` lies.

    Raises
    ------
    DataValidationError
        QTS-DATA-012.
    """
    if not BLOB.fullmatch(name):
        raise DataValidationError("QTS-DATA-012", "not a blob name", found=name, expected="words joined by /")
    return f"{BLOBS}/{name}"


def manifest_path(table: str, month: str) -> str:
    """Return where the manifest of a month lies."""
    return f"{table}/{month}.json"


def segment_file(month: str, sha256: str) -> str:
    """Return the name of a month's file in its table's folder: named by content, so never overwritten by another."""
    return f"{month}.{sha256[:12]}.parquet"
