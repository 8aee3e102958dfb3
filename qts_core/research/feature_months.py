"""Features by month: each resumes from the engine snapshot of the one before (specification 5.3, design section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from qts_core.data.actions.chain import split_steps
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.lineage import is_current
from qts_core.features import Catalogue
from qts_core.features.engine import FeatureEngine
from qts_core.features.roles import SymbolRoles
from qts_core.features.snapshot import SNAPSHOT_FORMAT
from qts_core.features.store import compute_panel, to_frame
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataCorruptionError, DataNotFoundError
from qts_core.market.ids import digest
from qts_core.market.time import day_number, from_micros, to_micros
from qts_core.ports.lake import LakePort, Partition
from qts_core.research.catalogues import catalogue_for, model_catalogue
from qts_core.research.feature_knowledge import known_rows

__all__ = [
    "BARS",
    "FeatureMonth",
    "catalogue_for",
    "compute_all_months",
    "compute_feature_month",
    "feature_inputs",
    "feature_snapshot",
    "feature_table",
    "last_states",
    "model_catalogue",
    "month_state",
    "refresh_feature_month",
    "snapshot_name",
    "sound_months",
    "stored_feature_month",
    "symbols_digest",
]

BARS = "clean_bars"
TABLES = "features_"
SPLITS = "splits"
SYMBOLS = "symbols"
STATE = "state"
"""Hash of the engine's state that a month goes on from."""
SNAPSHOT = "snapshot"
"""Hash of the engine's state at the month's end."""
KNOWN = "known_until"
"""When everything that the month and those before it were made from was known."""
FLOOR = "known_before"
"""`KNOWN` of the month before."""
MEMBERS = "members"
"""Who has belonged to the universe up to the month's end; later changes leave the month as it is."""
FORMATS = {"knowledge": "1", "state_format": str(SNAPSHOT_FORMAT)}
"""Says that ``ts_known`` of the rows is what :mod:`feature_knowledge` makes it, and how the state is written."""
THREADS = 2
"""Threads that share the symbols of a month; the values are the same bits for any number."""


@dataclass(frozen=True, slots=True)
class FeatureMonth:
    """One month of features in the lake.

    Attributes
    ----------
    partition : Partition
        The stored table.
    frame : DataFrame
        Its rows.
    names : tuple of str
        The features.
    """

    partition: Partition
    frame: pl.DataFrame
    names: tuple[str, ...]

    @property
    def missing(self) -> dict[str, float]:
        """Share of existing bars without a value, by feature."""
        bars = max(self.frame.height, 1)
        return {name: self.frame[name].null_count() / bars for name in self.names}


def feature_table(catalogue: Catalogue) -> str:
    """Return the lake's table of a catalogue: another expression gives another table."""
    return f"{TABLES}{catalogue.hash[:8]}"


def snapshot_name(catalogue: Catalogue, month: str) -> str:
    """Return the blob that holds the engine's state after `month`."""
    return f"snapshots/{feature_table(catalogue)}/{month}.npz"


def compute_feature_month(
    lake: LakePort,
    month: str,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
    engine: FeatureEngine | None = None,
) -> FeatureMonth:
    """Compute every feature of `catalogue` on the clean bars of `month`.

    Where the state to go on from is lost or damaged, the month before is computed again first. A month that goes on
    from another may be given an `engine` that others used before it.

    Raises
    ------
    DataNotFoundError
        If the month has no clean bars, or the month before has some but no features yet.
    """
    first, last = _span(month)
    panel = load_panel(lake, calendar=calendar, first=first, last=last, symbols=symbols)
    inputs = feature_inputs(lake, month, catalogue, symbols, roles)
    before = _month_before(lake, month)
    snapshot = None
    if before is not None:
        try:
            snapshot = _state(lake, snapshot_name(catalogue, before), inputs[STATE])
        except (DataCorruptionError, DataNotFoundError):
            # The bars are right: the month whose end is lost is computed again, the same bits.
            compute_feature_month(lake, before, catalogue, symbols=symbols, calendar=calendar, roles=roles)
            inputs = feature_inputs(lake, month, catalogue, symbols, roles)
            snapshot = _state(lake, snapshot_name(catalogue, before), inputs[STATE])
    result = compute_panel(
        panel, catalogue, snapshot, roles=roles, threads=THREADS, engine=None if snapshot is None else engine
    )
    floor = datetime.fromisoformat(inputs[FLOOR]) if FLOOR in inputs else None
    known = known_rows(panel.timeline, lake.read_month(BARS, month), load_actions(lake), floor)
    present = ~np.isnan(panel["close"])
    frame = to_frame(result, panel.timeline, panel.symbols, present=present, known=known)
    # The snapshot first: a month whose manifest is there can be gone on from.
    lake.write_blob(snapshot_name(catalogue, month), result.snapshot)
    until = int(known[present.any(axis=1)].max(initial=0 if floor is None else to_micros(floor)))
    lineage = inputs | {KNOWN: from_micros(until).isoformat(), SNAPSHOT: digest(result.snapshot)}
    partition = lake.write_month(feature_table(catalogue), month, frame, lineage=lineage)
    return FeatureMonth(partition, frame, catalogue.names)


def stored_feature_month(lake: LakePort, month: str, catalogue: Catalogue) -> FeatureMonth:
    """Describe a month of features that is in the lake, its bytes verified.

    Raises
    ------
    DataNotFoundError
        If it was never computed.
    """
    frame = lake.read_month(feature_table(catalogue), month)
    partition = lake.partition(feature_table(catalogue), month)
    assert partition is not None
    return FeatureMonth(partition, frame, catalogue.names)


def refresh_feature_month(
    lake: LakePort,
    month: str,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
    engine: FeatureEngine | None = None,
) -> FeatureMonth | None:
    """Compute the features of one month unless the stored ones were made from the very same inputs; return None then.

    Raises
    ------
    DataNotFoundError
        As :func:`compute_feature_month`.
    """
    is_there = lake.partition(BARS, month) is not None
    if is_there and is_current(
        lake, [feature_table(catalogue)], month, feature_inputs(lake, month, catalogue, symbols, roles)
    ):
        return None
    return compute_feature_month(lake, month, catalogue, symbols=symbols, calendar=calendar, roles=roles, engine=engine)


def compute_all_months(
    lake: LakePort,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
) -> dict[str, Partition]:
    """Compute the features of every month of clean bars unless the stored ones were made from what is there now.

    In order: a month whose end state changes has the next one computed again too; where it does not, the chain ends.
    """
    done: dict[str, Partition] = {}
    engine = FeatureEngine(catalogue, symbols, roles=roles, threads=THREADS)
    for month in lake.months(BARS):
        computed = refresh_feature_month(
            lake, month, catalogue, symbols=symbols, calendar=calendar, roles=roles, engine=engine
        )
        if computed is not None:
            done[month] = computed.partition
    return done


def feature_inputs(
    lake: LakePort, month: str, catalogue: Catalogue, symbols: tuple[str, ...], roles: SymbolRoles | None = None
) -> dict[str, str]:
    """Return the hashes of everything that the features of `month` depend on.

    Raises
    ------
    DataNotFoundError
        If there is a month of bars before it from whose end the features cannot go on.
    """
    inputs = _sources(lake, month, load_actions(lake)) | _members(month, roles)
    inputs |= {"catalogue": catalogue.hash, SYMBOLS: symbols_digest(symbols, roles)}
    before = _month_before(lake, month)
    if before is None:
        return inputs
    stored = lake.partition(feature_table(catalogue), before)
    found = {} if stored is None else stored.lineage
    needed = {SYMBOLS: inputs[SYMBOLS]} | _members(before, roles) | FORMATS
    other = next((name for name, value in needed.items() if found.get(name) != value), "")
    if SNAPSHOT not in found or other:
        raise DataNotFoundError(
            "QTS-FEAT-006",
            "the month before has no features to go on from",
            where=f"features {month}",
            found=f"features of other {other} in {before}" if SNAPSHOT in found else f"no snapshot of {before}",
            fix="compute the months in order, or all of them",
        )
    return inputs | {"continues": before, STATE: found[SNAPSHOT], FLOOR: found[KNOWN]}


def symbols_digest(symbols: Sequence[str], roles: SymbolRoles | None = None) -> str:
    """Return the hash of the columns and of the parts they play."""
    return digest(",".join(symbols) + ("" if roles is None else roles.digest))


def sound_months(
    lake: LakePort,
    catalogue: Catalogue | str,
    symbols: Sequence[str] | None = None,
    roles: SymbolRoles | None = None,
) -> Iterator[Partition]:
    """Give the stored months in order, up to the first that was not made from what the lake holds now.

    A month is sound when its bars and splits are those of now and it goes on from the state of the one before.

    Parameters
    ----------
    catalogue : Catalogue or str
        Or its table.
    symbols : sequence of str, optional
        Only months that were computed for these columns in these `roles`; of any columns by default.
    roles : SymbolRoles, optional
        Only months that had the same members.
    """
    table = catalogue if isinstance(catalogue, str) else feature_table(catalogue)
    actions, state = load_actions(lake), dict[str, str]()
    is_any = symbols is None and roles is None
    if symbols is not None:
        state[SYMBOLS] = symbols_digest(symbols, roles)
    for month in lake.months(BARS):
        stored = lake.partition(table, month)
        wanted = _sources(lake, month, actions) | state | ({} if is_any else _members(month, roles))
        if stored is None or not wanted.items() <= stored.lineage.items():
            return
        yield stored
        state |= {STATE: stored.lineage[SNAPSHOT], FLOOR: stored.lineage[KNOWN]}


def last_states(
    lake: LakePort, catalogue: Catalogue, before: datetime, *, roles: SymbolRoles | None = None
) -> tuple[Partition, ...]:
    """Return the newest month of each table of features that ended before `before`; the newest of them first.

    Each stands for what was known at `before`: it and every month before it stem from the bars that the lake holds
    now, and none of those was revised later. Of equal months that of `catalogue` comes first; whether the others hold
    its features too their states show.

    Parameters
    ----------
    roles : SymbolRoles, optional
        Only months that had the same members.
    """
    own = feature_table(catalogue)
    found = []
    for table in (own, *(name for name in lake.tables() if name.startswith(TABLES) and name != own)):
        last: Partition | None = None
        for stored in sound_months(lake, table, roles=roles):
            if stored.month >= f"{before:%Y-%m}" or datetime.fromisoformat(stored.lineage[KNOWN]) > before:
                break
            last = stored
        if last is not None and lake.has_blob(_state_name(last)):
            found.append(last)
    return tuple(sorted(found, key=lambda each: each.month, reverse=True))


def feature_snapshot(lake: LakePort, catalogue: Catalogue, before: datetime) -> tuple[str, bytes] | None:
    """Return the newest month of exactly these features that ended before `before` with its state, None without one.

    Raises
    ------
    DataCorruptionError
        If the state is damaged or of another run.
    """
    own = [each for each in last_states(lake, catalogue, before) if each.table == feature_table(catalogue)]
    return (own[0].month, month_state(lake, own[0])) if own else None


def month_state(lake: LakePort, month: Partition) -> bytes:
    """Return the engine's state at the end of a stored month.

    Raises
    ------
    DataNotFoundError
        If there is none.
    DataCorruptionError
        If it is damaged, or not the one that the month ended with.
    """
    return _state(lake, _state_name(month), month.lineage[SNAPSHOT])


def _sources(lake: LakePort, month: str, actions: pl.DataFrame) -> dict[str, str]:
    """Return what features of `month` are made from: its bars and the splits in force at its end."""
    in_force = split_steps(actions.filter(pl.col("ex_date") <= _span(month)[1]))
    return {BARS: lake.data_hash(BARS, [month]), SPLITS: digest(in_force), **FORMATS}


def _members(month: str, roles: SymbolRoles | None) -> dict[str, str]:
    """Return who has belonged to the universe up to the end of `month`, as a hash."""
    return {MEMBERS: "" if roles is None else roles.membership(day_number(_span(month)[1]))}


def _month_before(lake: LakePort, month: str) -> str | None:
    return max((m for m in lake.months(BARS) if m < month), default=None)


def _state_name(month: Partition) -> str:
    return f"snapshots/{month.table}/{month.month}.npz"


def _state(lake: LakePort, name: str, expected: str) -> bytes:
    state = lake.read_blob(name)
    if (found := digest(state)) != expected:
        raise DataCorruptionError(
            "QTS-FEAT-025", "a snapshot is not the one that its month ended with", where=name,
            found=f"sha256 {found[:16]}", expected=f"sha256 {expected[:16]}",
            fix="compute the features again from that month on",
        )  # fmt: skip
    return state


def _span(month: str) -> tuple[date, date]:
    return month_of(date.fromisoformat(f"{month}-01"))
