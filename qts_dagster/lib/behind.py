"""Which months are behind what they are made from, and why: asked of the lake, not of when something ran."""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.data.ingest import load_actions
from qts_core.data.lineage import CLEANED, cleaning_inputs, is_current
from qts_core.features import Catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.market.errors import DataNotFoundError
from qts_core.ports.lake import LakePort
from qts_core.research.feature_months import feature_inputs, feature_table

__all__ = ["months_behind"]


def months_behind(
    lake: LakePort,
    catalogue: Catalogue,
    symbols: tuple[str, ...],
    recorded: Mapping[str, str],
    *,
    roles: SymbolRoles | None = None,
) -> dict[str, str]:
    """Return the months of raw bars that have to be refreshed, oldest first, each with the reason.

    Parameters
    ----------
    lake : LakePort
    catalogue : Catalogue
        Whose features are kept.
    symbols : tuple of str
        Of the market.
    recorded : mapping of str to str
        sha256 of the raw bars of each month when Dagster last saw it refreshed.
    roles : SymbolRoles, optional
        The parts that the symbols play for the features.
    """
    actions = load_actions(lake)
    reasons: dict[str, str] = {}
    for month in lake.months("raw_bars"):
        partition = lake.partition("raw_bars", month)
        assert partition is not None
        try:
            if not is_current(lake, CLEANED, month, cleaning_inputs(lake, month, actions)):
                reasons[month] = "its raw bars, actions or starting state are new"
            elif not is_current(
                lake, [feature_table(catalogue)], month, feature_inputs(lake, month, catalogue, symbols, roles)
            ):
                reasons[month] = "its features were made from other bars, splits or state, or not at all"
            elif recorded.get(month) != partition.sha256:
                reasons[month] = "Dagster has not seen it since its raw bars changed"
        except DataNotFoundError:
            reasons[month] = "the month before it is behind"
    return reasons
