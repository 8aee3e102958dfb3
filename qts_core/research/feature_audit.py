"""The audit on the user's own bars: which sample, which features, and the training of a model (checklist X-29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

import numpy as np

from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.data.market_source import market_instruments
from qts_core.features import Catalogue
from qts_core.features.audit.evidence import Fault
from qts_core.features.audit.history import history_faults
from qts_core.features.roles import SymbolRoles
from qts_core.features.spec import unknown
from qts_core.features.store import compute_panel
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataNotFoundError
from qts_core.market.instruments import Instrument
from qts_core.market.membership import Flags, days_of, membership_mask
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros
from qts_core.ports.lake import LakePort
from qts_core.research.catalogues import choose_features, known_catalogue, model_catalogue, own_catalogue
from qts_core.research.feature_months import BARS, compute_all_months
from qts_core.research.preparation import prepare_training, research_symbols, training_entry
from qts_core.research.symbol_parts import preferred_first, symbol_roles
from qts_core.targets import judged_values, labels_for
from qts_core.training.audit import TrainingFault, fold_faults, label_faults, preparation_faults
from qts_core.training.samples import TrainingSet

__all__ = [
    "MONTHS",
    "SYMBOLS",
    "AuditSample",
    "audit_sample",
    "audit_training",
    "bars_rewritten",
    "chosen_features",
    "ready_features",
]

MONTHS, SYMBOLS = 3, 12
"""The sample unless more is asked for: 1,600 bars of twelve symbols prove the whole catalogue within a minute."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditSample:
    """The bars that features are proved on.

    Attributes
    ----------
    panel : Panel
        Raw bars with `factor`.
    roles : SymbolRoles
        The part each column plays.
    instruments : tuple of Instrument
        The columns.
    months : tuple of str
    first, last : date
    """

    panel: Panel
    roles: SymbolRoles
    instruments: tuple[Instrument, ...]
    months: tuple[str, ...]
    first: date
    last: date


def audit_sample(
    lake: LakePort,
    settings: Settings,
    *,
    calendar: TradingCalendar,
    months: int = MONTHS,
    symbols: int = SYMBOLS,
    include: Sequence[str] = (),
) -> AuditSample:
    """Take the last months of the lake's clean bars: some symbols of the universe and every auxiliary one.

    Parameters
    ----------
    months : int, default 3
    symbols : int, default 12
        Spread over the alphabet, so that the choice does not depend on how they did.
    include : sequence of str
        Symbols that must be among them.

    Raises
    ------
    DataNotFoundError
        QTS-DATA-013 if the lake has no clean bars, or none of a symbol of `include`.
    """
    there = lake.months(BARS)
    if not there:
        raise DataNotFoundError(
            "QTS-DATA-013", "the lake holds no clean bars", where=BARS,
            fix="import bars with `qts data import PATH`, or make some with `qts data synth`",
        )  # fmt: skip
    taken = tuple(there[-months:])
    first, last = month_of(date.fromisoformat(f"{taken[0]}-01"))[0], month_of(date.fromisoformat(f"{taken[-1]}-01"))[1]
    known = {i.symbol: i for i in market_instruments(lake, settings.universe, research_symbols(lake))}
    for symbol in include:
        if symbol not in known:
            raise DataNotFoundError(
                "QTS-DATA-013", "the lake holds no bars of that symbol", where=BARS, found=symbol,
                expected=f"such as {', '.join(list(known)[:4])}", fix="see `qts data list`",
            )  # fmt: skip
    auxiliary = [symbol for symbol, each in known.items() if each.is_auxiliary]
    others = [symbol for symbol in known if symbol not in auxiliary]
    picked = [others[i] for i in np.unique(np.linspace(0, len(others) - 1, min(symbols, len(others))).astype(int))]
    columns = tuple(sorted({*picked, *auxiliary, *include}))
    panel = load_panel(lake, calendar=calendar, first=first, last=last, symbols=columns)
    instruments = tuple(known[symbol] for symbol in panel.symbols)
    roles = SymbolRoles.of(panel.symbols, preferred_first(settings.universe, instruments))
    return AuditSample(panel, roles, instruments, taken, first, last)


def chosen_features(
    settings: Settings,
    roles: SymbolRoles,
    *,
    groups: Sequence[str] = (),
    names: Sequence[str] = (),
    is_own: bool = False,
    is_all: bool = False,
) -> tuple[Catalogue, Mapping[str, tuple[str, ...]]]:
    """Return the features to prove, and those left out with the roles that no symbol plays.

    Parameters
    ----------
    groups, names : sequence of str
        Groups, and names or patterns (`tech_rsi_*`); of everything known. By default what features.yaml computes.
    is_own, is_all : bool
        Only one's own features; everything known.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-001 if a group or name is unknown.
    """
    known = known_catalogue(settings.features)
    if is_own:
        wanted = own_catalogue(settings.features)
    elif groups or names or is_all:
        for pattern in names:
            if not any(fnmatchcase(name, pattern) for name in known.names):
                raise unknown("feature", pattern, dict.fromkeys(known.names))
        matching = [name for name in known.names if any(fnmatchcase(name, pattern) for pattern in names)]
        wanted = known.subset(groups=groups, names=matching)
    else:
        chosen = choose_features(settings.features, roles)
        return chosen.catalogue, chosen.off
    off = {s.name: missing for s in wanted if (missing := tuple(r for r in s.roles if r not in roles.columns))}
    return wanted.readable(roles.columns), off


def bars_rewritten(lake: LakePort, sample: AuditSample, *, calendar: TradingCalendar) -> tuple[Fault, ...]:
    """Return the fields of the sample's bars that are not what was known at a third and two thirds of it."""

    def load(moment: int | None) -> Panel:
        return load_panel(
            lake, calendar=calendar, first=sample.first, last=sample.last, symbols=sample.panel.symbols,
            known_before=None if moment is None else from_micros(moment), as_of=sample.last,
        )  # fmt: skip

    line = sample.panel.timeline
    return history_faults(load, [int(line.ts_known[len(line) * part // 3]) for part in (1, 2)])


def ready_features(lake: LakePort, settings: Settings, *, calendar: TradingCalendar) -> int:
    """Compute the months of features that are not there yet, as training does; return how many."""
    symbols = research_symbols(lake)
    roles = symbol_roles(settings.universe, lake, symbols)
    catalogue = choose_features(settings.features, roles).catalogue
    return len(compute_all_months(lake, catalogue, symbols=symbols, calendar=calendar, roles=roles))


def audit_training(
    lake: LakePort, settings: Settings, key: str, sample: AuditSample, *, calendar: TradingCalendar, seed: int = 7
) -> tuple[TrainingFault, ...]:
    """Put the training of a model to the proofs: its labels and samples on the sample, its folds as they are trained.

    Parameters
    ----------
    key : str
        Model in models.yaml; its features must have been computed.

    Raises
    ------
    DataNotFoundError
        If a month of bars has no features yet.
    """
    entry, panel = training_entry(settings, key), sample.panel
    catalogue = model_catalogue(settings, key, sample.roles)
    members = membership_mask(sample.instruments, panel.timeline)
    rows = [len(panel) * part // 5 + part for part in (2, 3, 4)]
    random = np.random.default_rng(seed)

    def build(bars: Panel, belonging: Flags) -> TrainingSet:
        roles = sample.roles.during(days_of(belonging, bars.timeline))
        values = compute_panel(bars, catalogue, roles=roles).values
        row, column = np.nonzero(belonging & ~np.isnan(bars["close"]))
        labels = labels_for(entry.target, bars, belonging)
        return TrainingSet(
            np.ascontiguousarray(values[:, row, column].T), labels.values[row, column],
            judged_values(entry.target, labels, bars)[row, column], row.astype(np.int32), column.astype(np.int32),
            labels.end_row[row, column], catalogue.names, tuple(catalogue[n].version for n in catalogue.names),
            bars.timeline, bars.symbols, catalogue.hash, "",
        )  # fmt: skip

    prepared = prepare_training(lake, settings, key, calendar=calendar)
    folds = prepared.plan.folds
    return (
        *label_faults(lambda bars: labels_for(entry.target, bars, members), panel, rows, random),
        *preparation_faults(build, panel, members, rows[:2], random),
        *fold_faults(prepared.entry, prepared.samples, prepared.plan, folds=folds[-1:], seed=seed),
    )
