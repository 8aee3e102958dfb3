"""The predictions of shadow models, as the daemon's journals hold them, those in the archive too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qts_core.adapters.db.journal import Journal
from qts_core.market.errors import TradingSystemError
from qts_core.ports.live_predictions import SHADOW_NOTE, LivePrediction

__all__ = ["predictions_of", "read_live_predictions"]


def read_live_predictions(live_dir: Path) -> tuple[LivePrediction, ...]:
    """Return every prediction of every journal below `live_dir`, the archive first; a journal that is damaged has none.

    The daemon may be running.
    """
    journals = [*sorted((live_dir / "archive").glob("journal-*.db")), live_dir / "journal.db"]
    return tuple(found for path in journals if path.is_file() for found in _of_file(path))


def predictions_of(journal: Journal) -> Iterator[LivePrediction]:
    """Yield the predictions of an open journal in the order in which they were written."""
    for row in journal.rows("notes", kind=SHADOW_NOTE):
        try:
            yield LivePrediction.from_text(str(row["body"]))
        except (KeyError, TypeError, ValueError):
            continue


def _of_file(path: Path) -> Iterator[LivePrediction]:
    try:
        with Journal(path, create=False) as journal:
            yield from predictions_of(journal)
    except TradingSystemError:
        return
