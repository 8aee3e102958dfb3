"""Who is not in the universe on a day is compared with nobody: values are those of a market without it (15.2, X-29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from qts_core.features import Catalogue, FeatureBlock, FeatureEngine, Plan, default_catalogue, ops
from qts_core.features.audit.causality import chunking_faults, look_ahead_faults, symbol_order_faults
from qts_core.features.audit.conditions import without_bars
from qts_core.features.audit.subject import subject_of
from qts_core.features.graph import Node
from qts_core.features.operations import Scope
from qts_core.features.roles import SymbolRoles
from qts_core.market.bars import BarSlice
from qts_core.market.errors import DataValidationError
from qts_core.market.instruments import Instrument
from qts_core.market.membership import membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros, trading_day
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
SESSIONS = list(PANEL.timeline.session_rows())
JOINS, JOIN = 2, SESSIONS[29][1].start
"""Column of the symbol that joins, and its first row as a member."""
LEAVES, LEAVE = 4, SESSIONS[37][1].start
"""Column of the symbol that leaves, and the first row after it."""


def dated(symbols: Sequence[str] = PANEL.symbols, *, joins: bool = True, leaves: bool = True) -> list[Instrument]:
    """Return the instruments: one joins in the middle, one leaves."""
    found = [Instrument(symbol) for symbol in symbols]
    if joins:
        found[JOINS] = replace(found[JOINS], member_from=SESSIONS[29][0])
    if leaves:
        found[LEAVES] = replace(found[LEAVES], member_to=SESSIONS[36][0])
    return found


MEMBERS = membership_mask(dated(), PANEL.timeline)
ROLES = SymbolRoles.of(PANEL.symbols, dated())
ACROSS = Catalogue([s for s in default_catalogue().readable(()) if s.expression.scope is Scope.CROSS_SECTION])
WHOLE = FeatureBlock.of(PANEL)
CLOSE = WHOLE.bars[3]
BODY = ops.close / ops.open - 1.0


def computed(catalogue: Catalogue, roles: SymbolRoles, panel: Panel = PANEL) -> Floats:
    return FeatureEngine(catalogue, panel.symbols, roles=roles).push(FeatureBlock.of(panel))


def one(expression: Node, roles: SymbolRoles = ROLES) -> Floats:
    values: Floats = FeatureEngine(Plan.of({"x": expression}), PANEL.symbols, roles=roles).push(WHOLE)[0]
    return values


def without(column: int, rows: slice) -> Panel:
    """Return the panel as if some bars of a symbol had never been."""
    gone = np.zeros(CLOSE.shape, dtype=bool)
    gone[rows, column] = True
    return without_bars(PANEL, gone)


def others(column: int) -> list[int]:
    return [each for each in range(len(PANEL.symbols)) if each != column]


def test_ranks_are_those_of_the_members_of_the_bar_in_scipy() -> None:
    found = one(ops.cross_rank(ops.close))
    for row in (JOIN - 1, JOIN, JOIN + 30, LEAVE - 1, LEAVE, LEAVE + 40):
        there = np.flatnonzero(MEMBERS[row] & ~np.isnan(CLOSE[row]))
        expected = (stats.rankdata(CLOSE[row, there]) - 0.5) / len(there)
        np.testing.assert_array_equal(found[row, there], expected)
        assert np.isnan(np.delete(found[row], there)).all()


def test_until_a_symbol_joins_all_others_have_the_values_of_a_market_without_its_bars() -> None:
    roles = SymbolRoles.of(PANEL.symbols, dated(leaves=False))
    found = computed(ACROSS, roles)
    never = computed(ACROSS, roles, without(JOINS, slice(0, JOIN)))
    np.testing.assert_array_equal(found[:, :JOIN, others(JOINS)], never[:, :JOIN, others(JOINS)])
    everybody = computed(ACROSS, SymbolRoles.of(PANEL.symbols))
    is_other = ~((found == everybody) | (np.isnan(found) & np.isnan(everybody)))[:, :JOIN, others(JOINS)]
    assert is_other.any(axis=(1, 2)).mean() > 0.5, "the bars that are left out would have shown"


def test_what_remembers_nothing_is_as_if_the_bars_before_had_not_existed_after_the_day_too() -> None:
    catalogue = {"a": ops.cross_rank(BODY), "b": ops.cross_zscore(BODY), "c": ops.cross_mean(BODY)}
    roles = SymbolRoles.of(PANEL.symbols, dated(leaves=False))
    plan = Plan.of(catalogue)
    blocks = (WHOLE, FeatureBlock.of(without(JOINS, slice(0, JOIN))))
    found, never = (FeatureEngine(plan, PANEL.symbols, roles=roles).push(each) for each in blocks)
    np.testing.assert_array_equal(found, never)


def test_after_a_symbol_has_left_all_others_have_the_values_of_a_market_without_it() -> None:
    roles = SymbolRoles.of(PANEL.symbols, dated(joins=False))
    gone = computed(ACROSS, roles, without(LEAVES, slice(LEAVE, None)))
    np.testing.assert_array_equal(computed(ACROSS, roles)[:, :, others(LEAVES)], gone[:, :, others(LEAVES)])


def test_outside_its_membership_a_symbol_has_no_place_among_the_others_but_its_own_features() -> None:
    found = one(ops.cross_zscore(ops.close))
    assert np.isnan(found[~MEMBERS]).all()
    own = ops.zscore(ops.close, 20)
    np.testing.assert_array_equal(one(own), one(own, SymbolRoles.of(PANEL.symbols)))


def correlation_of_pairs(row: int, window: int) -> float:
    """Return the mean correlation of the members' returns before a row, a missing one as the symbol's mean."""
    there = np.flatnonzero(MEMBERS[row])
    returns = np.log(CLOSE[:, there])
    found = np.full(returns.shape, np.nan)
    for column, prices in enumerate(returns.T):
        bars = np.flatnonzero(~np.isnan(prices))
        found[bars[1:], column] = np.diff(prices[bars])
    traded = np.flatnonzero(~np.isnan(CLOSE).all(axis=1))
    some = found[traded[traded < row][-window:]]
    some = np.where(np.isnan(some), np.nanmean(some, axis=0), some)
    matrix = np.corrcoef(some.T)
    return float(matrix[~np.eye(len(there), dtype=bool)].mean())


def test_factors_and_groups_hold_until_the_next_computation_when_a_symbol_comes_or_goes() -> None:
    window = 130
    place = ops.structure(ops.log_return(ops.close), window, every=5)
    density, degree = one(place.density), one(place.degree)
    traded = np.flatnonzero(~np.isnan(density[:, 0]))
    changes = traded[1:][np.diff(density[traded, 0]) != 0]
    between = changes[(changes > JOIN) & (changes < LEAVE)][0]
    following = changes[changes > LEAVE][0]
    assert np.isnan(degree[:between, JOINS]).all()
    assert not np.isnan(degree[between:following, JOINS][~np.isnan(CLOSE[between:following, JOINS])]).any()
    assert not np.isnan(degree[between:LEAVE, LEAVES][~np.isnan(CLOSE[between:LEAVE, LEAVES])]).any()
    assert np.isnan(degree[LEAVE:, LEAVES]).all()
    for row in (between, following):
        np.testing.assert_allclose(density[row, 0], correlation_of_pairs(row, window), rtol=1e-9)


def test_members_pass_the_proofs_of_causality() -> None:
    subject, random = subject_of(ACROSS, roles=ROLES), np.random.default_rng(11)
    assert chunking_faults(subject, PANEL, [1, JOIN - 1, JOIN, JOIN + 1, LEAVE]) == ()
    assert look_ahead_faults(subject, PANEL, JOIN + 7, random) == ()
    assert symbol_order_faults(subject, PANEL, random) == ()


def test_live_bars_and_threads_give_the_same_bits() -> None:
    wanted = computed(ACROSS, ROLES)
    many = FeatureEngine(ACROSS, PANEL.symbols, roles=ROLES, threads=3).push(WHOLE)
    np.testing.assert_array_equal(many, wanted)
    live = FeatureEngine(ACROSS, PANEL.symbols, roles=ROLES)
    first = JOIN - 20
    live.push(FeatureBlock.of(PANEL.rows(slice(0, first))))
    for row in range(first, JOIN + 30):
        values = live.push(FeatureBlock.of_slice(BarSlice.of(PANEL, row)))
        np.testing.assert_array_equal(values[:, 0], wanted[:, row])


def later(days: int) -> SymbolRoles:
    """Return roles in which the symbol joins some days later than it does."""
    instruments = dated()
    begin = instruments[JOINS].member_from
    assert begin is not None
    instruments[JOINS] = replace(instruments[JOINS], member_from=begin + timedelta(days=days))
    return SymbolRoles.of(PANEL.symbols, instruments)


def test_a_state_goes_on_where_only_days_to_come_are_other_ones_and_is_refused_where_past_ones_are() -> None:
    plan = Plan.of({"x": ops.sma(ops.cross_rank(ops.close), 10)})
    engine = FeatureEngine(plan, PANEL.symbols, roles=ROLES)
    engine.push(FeatureBlock.of(PANEL.rows(slice(0, JOIN))))
    state = engine.snapshot()
    changed = FeatureEngine(plan, PANEL.symbols, roles=later(3))
    changed.restore(state)
    rest = FeatureBlock.of(PANEL.rows(slice(JOIN, None)))
    whole = FeatureEngine(plan, PANEL.symbols, roles=later(3)).push(WHOLE)
    np.testing.assert_array_equal(changed.push(rest), whole[:, JOIN:])
    engine.push(rest)
    with pytest.raises(DataValidationError, match=r"QTS-FEAT-003.*members"):
        FeatureEngine(plan, PANEL.symbols, roles=later(3)).restore(engine.snapshot())


def test_who_has_belonged_is_told_by_the_days_so_far() -> None:
    before, after = (int(PANEL.timeline.session[row]) for row in (JOIN - 1, JOIN))
    assert trading_day(from_micros(int(PANEL.timeline.ts_event[JOIN]))) == SESSIONS[29][0]
    assert ROLES.membership(before) == later(3).membership(before) != ""
    assert ROLES.membership(after) != later(3).membership(after)
    assert SymbolRoles.of(PANEL.symbols, dated(joins=False)).membership(after) == "", "nobody has left yet"
    assert SymbolRoles.of(PANEL.symbols).membership(after) == ""
