from __future__ import annotations

import io

import numpy as np
import pytest

from qts_core.config.features import CORE_GROUPS
from qts_core.features import FeatureBlock, FeatureEngine, Plan, default_catalogue, ops
from qts_core.features.engine import BLOCK_ROWS
from qts_core.market.errors import DataCorruptionError, DataValidationError
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
CATALOGUE = default_catalogue().subset(groups=("technical_trend", "cross_sectional"))
OTHERS = default_catalogue().subset(groups=(*CORE_GROUPS, "cross_universe", "cross_factors", "cross_network"))


def block(first: int, last: int) -> FeatureBlock:
    return FeatureBlock.of(PANEL.rows(slice(first, last)))


def test_values_come_as_features_by_bars_by_symbols() -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols)
    values = engine.push(block(0, 40))
    assert values.shape == (len(CATALOGUE), 40, len(PANEL.symbols))
    assert values.dtype == np.float64
    assert engine.names == CATALOGUE.names


def test_a_result_is_not_overwritten_by_the_next_push() -> None:
    engine = FeatureEngine(Plan.of({"close": ops.close}), PANEL.symbols)
    first = engine.push(block(0, 1))
    kept = first.copy()
    engine.push(block(1, 2))
    np.testing.assert_array_equal(first, kept)


def test_a_block_longer_than_the_buffers_is_cut_inside() -> None:
    engine = FeatureEngine(Plan.of({"total": ops.total(ops.close)}), PANEL.symbols)
    rows = 3 * BLOCK_ROWS + 17
    values = engine.push(block(0, rows))[0]
    expected = np.nancumsum(PANEL.chain_linked()["close"][:rows], axis=0)
    there = ~np.isnan(values)
    np.testing.assert_allclose(values[there], expected[there], rtol=1e-12)


def test_the_last_bar_is_known() -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols)
    assert engine.last_ts_event is None
    engine.push(block(0, 5))
    assert engine.last_ts_event == int(PANEL.timeline.ts_event[4])


def test_bars_pushed_twice_or_backwards_are_refused_and_leave_no_trace() -> None:
    engine, twin = (FeatureEngine(CATALOGUE, PANEL.symbols) for _ in range(2))
    engine.push(block(0, 30))
    twin.push(block(0, 30))
    for wrong in (block(29, 31), block(0, 1)):
        with pytest.raises(DataValidationError, match="QTS-FEAT-004"):
            engine.push(wrong)
    backwards = block(30, 33)
    backwards.ts_event[:] = backwards.ts_event[::-1].copy()
    try:
        with pytest.raises(DataValidationError, match="QTS-FEAT-004"):
            engine.push(backwards)
    finally:
        backwards.ts_event[:] = backwards.ts_event[::-1].copy()
    assert engine.snapshot() == twin.snapshot()


def test_a_block_of_other_columns_is_refused() -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols[:3])
    with pytest.raises(DataValidationError, match="QTS-FEAT-002"):
        engine.push(block(0, 3))


@pytest.mark.parametrize("symbols", [("B", "A"), ("A", "A")])
def test_symbols_that_are_not_ascending_are_refused(symbols: tuple[str, ...]) -> None:
    with pytest.raises(DataValidationError, match="QTS-FEAT-002"):
        FeatureEngine(CATALOGUE, symbols)


def test_the_same_history_gives_the_same_snapshot_bytes() -> None:
    one, two = (FeatureEngine(CATALOGUE, PANEL.symbols) for _ in range(2))
    one.push(block(0, 100))
    for row in range(100):
        two.push(block(row, row + 1))
    assert one.snapshot() == two.snapshot()


def test_a_snapshot_of_other_features_or_symbols_is_refused() -> None:
    state = FeatureEngine(CATALOGUE, PANEL.symbols).snapshot()
    with pytest.raises(DataValidationError, match=r"QTS-FEAT-003.*features"):
        FeatureEngine(OTHERS, PANEL.symbols).restore(state)
    with pytest.raises(DataValidationError, match=r"QTS-FEAT-003.*symbols"):
        FeatureEngine(CATALOGUE, ("AAA", "BBB", "CCC", "DDD", "EEE", "ZZZ")).restore(state)


def test_a_state_of_more_features_is_gone_on_from_bit_for_bit() -> None:
    both = Plan.of({s.name: s.expression for s in (*OTHERS, *CATALOGUE)})
    whole, part = FeatureEngine(both, PANEL.symbols), FeatureEngine(CATALOGUE, PANEL.symbols)
    wanted = part.push(block(0, 500))[:, 400:]
    whole.push(block(0, 400))
    fewer = FeatureEngine(CATALOGUE, PANEL.symbols)
    fewer.restore(whole.snapshot())
    np.testing.assert_array_equal(fewer.push(block(400, 500)), wanted)
    assert fewer.snapshot() == part.snapshot()


def test_a_refused_state_leaves_the_engine_as_it_was() -> None:
    engine = FeatureEngine(OTHERS, PANEL.symbols)
    engine.push(block(0, 40))
    before = engine.snapshot()
    with pytest.raises(DataValidationError, match="QTS-FEAT-003"):
        engine.restore(FeatureEngine(CATALOGUE, PANEL.symbols).snapshot())
    assert engine.snapshot() == before


def test_a_state_in_an_older_format_is_refused_by_name() -> None:
    old = io.BytesIO()
    np.savez(old, format=np.array(2), plan=np.array("f"), last_ts_event=np.array(0), memory=np.zeros(3))
    with pytest.raises(DataValidationError, match=r"QTS-FEAT-003.*other format.*found 2.*expected 3.*recompute"):
        FeatureEngine(CATALOGUE, PANEL.symbols).restore(old.getvalue())


@pytest.mark.parametrize("damage", ["empty", "short", "noise", "array", "flipped"])
def test_a_damaged_snapshot_is_refused(damage: str) -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols)
    engine.push(block(0, 50))
    state = bytearray(engine.snapshot())
    plain = io.BytesIO()
    np.save(plain, np.arange(3))
    state[len(state) // 2] ^= 0xFF
    bad = {
        "empty": b"",
        "short": bytes(state[:-100]),
        "noise": b"nothing of the kind",
        "array": plain.getvalue(),
        "flipped": bytes(state),
    }
    with pytest.raises(DataCorruptionError, match="QTS-FEAT-003"):
        engine.restore(bad[damage])


def test_an_engine_restores_over_its_own_past() -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols)
    engine.push(block(0, 300))
    state = engine.snapshot()
    first = engine.push(block(300, 350))
    engine.restore(state)
    np.testing.assert_array_equal(engine.push(block(300, 350)), first)


@pytest.mark.parametrize("threads", [2, 3, 6, 50])
def test_threads_change_no_bit_and_no_memory(threads: int) -> None:
    one = FeatureEngine(OTHERS, PANEL.symbols)
    many = FeatureEngine(OTHERS, PANEL.symbols, threads=threads)
    for first, last in ((0, 700), (700, 701), (701, 1000)):
        np.testing.assert_array_equal(one.push(block(first, last)), many.push(block(first, last)))
    assert one.snapshot() == many.snapshot()
