"""The audit as a whole: each planted fault breaks the proof that is made for it, the honest feature beside it none."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import pytest

from qts_core.features import Catalogue, FeatureBlock, FeatureEngine, default_catalogue
from qts_core.features.audit import PROOFS, FeatureAudit, Promise, Subject, Verdict, audit_features, subject_of
from qts_core.features.audit.history import history_faults
from qts_core.market.errors import DataValidationError
from qts_core.market.panel import Floats, Panel
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
HONEST = "tech_rsi_14_raw"
ALONE = subject_of(Catalogue([default_catalogue()[HONEST]]))


def linked(panel: Panel) -> Floats:
    return panel["close"] * panel["factor"]


def there(panel: Panel, values: Floats) -> Floats:
    """Values where the symbol has a bar."""
    return np.where(np.isnan(panel["close"]), np.nan, values)


def of_own_bars(panel: Panel, bars: int) -> Floats:
    """The close so many of the symbol's own bars before (negative: after)."""
    close = linked(panel)
    out = np.full_like(close, np.nan)
    for column in range(close.shape[1]):
        rows = np.flatnonzero(~np.isnan(close[:, column]))
        if abs(bars) < len(rows):
            now, other = (rows[bars:], rows[:-bars]) if bars > 0 else (rows[:bars], rows[-bars:])
            out[now, column] = close[other, column]
    return out


class Planted:
    """A feature with one fault."""

    promise = Promise(is_own=True)
    breaks = ""

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        raise NotImplementedError


class ReturnOfTheNextBar(Planted):
    breaks = "future"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return of_own_bars(panel, -1) / linked(panel) - 1.0


class CloseOfTheOpenHour(Planted):
    """A longer bar that shows before it has closed."""

    breaks = "future"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        line = panel.timeline
        hour = line.session.astype(np.int64) * 100 + line.slot // 4
        last = np.searchsorted(hour, hour, side="right") - 1
        return there(panel, linked(panel)[last])


class CentredMean(Planted):
    breaks = "future"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return (of_own_bars(panel, 1) + linked(panel) + of_own_bars(panel, -1)) / 3.0


class DeviationFromTheWholeSample(Planted):
    """Normalised by mean and deviation that only the end knows."""

    breaks = "future"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        close = linked(panel)
        centred: Floats = close - np.nanmean(close, axis=0)
        return centred / np.where(np.nanstd(close, axis=0) > 0, np.nanstd(close, axis=0), np.nan)


class BackAdjustedClose(Planted):
    """A close divided by the splits that were still to come."""

    breaks = "future"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return there(panel, linked(panel) / panel["factor"][-1])


class OnlyThoseWhoStay(Planted):
    """A value for symbols that still trade at the end."""

    breaks = "delisting"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        stays = ~np.isnan(panel["close"][-30:]).all(axis=0)
        return np.where(stays, linked(panel), np.nan)


class LastPriceAfterTheEnd(Planted):
    """A missing bar gets the value before it."""

    breaks = "missing"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        close = linked(panel)
        last = np.maximum.accumulate(np.where(np.isnan(close), 0, np.arange(len(close))[:, None]), axis=0)
        return np.take_along_axis(close, last, axis=0)


class MeanThatStartsAnewAtEachCut(Planted):
    breaks = "chunking"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        close = linked(panel)
        out = np.full_like(close, np.nan)
        for first, last in zip([0, *cuts], [*cuts, len(close)], strict=True):
            known = ~np.isnan(close[first:last])
            total = np.cumsum(np.where(known, close[first:last], 0.0), axis=0)
            out[first:last] = total / np.maximum(np.cumsum(known, axis=0), 1)
        return there(panel, out)


class PlaceAmongTheColumns(Planted):
    promise = Promise(is_own=False)
    breaks = "order"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return there(panel, np.broadcast_to(np.arange(len(panel.symbols), dtype=float), panel["close"].shape))


class DistanceFromTheOthers(Planted):
    """It says that it reads its own symbol alone."""

    breaks = "neighbours"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        close = linked(panel)
        middle = np.array([np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else np.nan for row in close])
        distance: Floats = close - middle[:, None]
        return distance


class CountOfRows(Planted):
    """A halt counts as bars."""

    breaks = "gaps"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return there(panel, np.broadcast_to(np.arange(len(panel), dtype=float)[:, None], panel["close"].shape))


class BarsSinceTheMarketBegan(Planted):
    """A late listing does not begin at its first bar."""

    breaks = "listing"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        opened = np.cumsum(~np.isnan(panel["close"]).all(axis=1)).astype(float)
        return there(panel, np.broadcast_to(opened[:, None], panel["close"].shape))


class LastBarOfTheSessionBySlot(Planted):
    """It takes the 26th bar for the last and divides by what a half-day never has."""

    promise = Promise(is_own=True, bounds=(0.0, 1.0))
    breaks = "half_days"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        line = panel.timeline
        short = line.slots < 26
        closes = np.where(short & (line.slot == line.slots - 1), 2.0, 0.5)
        return there(panel, np.broadcast_to(closes[:, None], panel["close"].shape))


class ReturnByItsDeviation(Planted):
    """Nothing moves, and it is infinite."""

    promise = Promise(is_own=True, unit="deviations")
    breaks = "standstill"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        moved = linked(panel) - of_own_bars(panel, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return there(panel, np.where(moved == 0.0, 0.0, moved / np.abs(moved)))


class RangeByVolume(Planted):
    """Infinite where nothing is traded."""

    breaks = "volume"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        with np.errstate(divide="ignore"):
            return there(panel, np.where(panel["volume"] == 0.0, np.inf, 1.0))


class ShareThatIsNone(Planted):
    promise = Promise(is_own=True, bounds=(0.0, 1.0))
    breaks = "bounds"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return linked(panel)


class ValueBeforeItsWarmUp(Planted):
    promise = Promise(is_own=True, warm_up_bars=20)
    breaks = "warm_up"

    def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
        return linked(panel) / of_own_bars(panel, 1)


def beside_an_honest_one(planted: Planted) -> Subject:
    def compute(panel: Panel, cuts: Sequence[int]) -> Floats:
        return np.stack([ALONE.compute(panel, cuts)[0], planted.values(panel, cuts)])

    return Subject((HONEST, "planted"), compute, promises=(*ALONE.promises, planted.promise))


@pytest.mark.parametrize("fault", Planted.__subclasses__(), ids=lambda c: c.__name__)
def test_a_planted_fault_breaks_its_proof_and_an_honest_feature_is_not_accused(fault: type[Planted]) -> None:
    found = audit_features(beside_an_honest_one(fault()), PANEL)
    assert found.failed == ("planted",)
    assert fault.breaks in {each.proof for each in found.faults}
    assert found.verdict(HONEST) is Verdict.PASSED


def test_every_proof_has_a_planted_fault() -> None:
    # one bar at a time is broken by what starts anew at each cut
    assert {fault.breaks for fault in Planted.__subclasses__()} == set(PROOFS) - {"live"}
    found = audit_features(beside_an_honest_one(MeanThatStartsAnewAtEachCut()), PANEL, proofs=("live",))
    assert found.failed == ("planted",)


def test_a_fault_names_the_first_bar_the_symbol_and_both_values() -> None:
    class Wrong(Planted):
        promise = Promise(is_own=True, bounds=(-inf, 5.0))

        def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
            out = np.zeros(panel["close"].shape)
            out[700, 2], out[650, 4], out[650, 5] = 9.0, 7.0, 8.0
            return out

    (fault,) = audit_features(beside_an_honest_one(Wrong()), PANEL, proofs=("bounds",)).faults
    assert (fault.feature, fault.row, fault.column, fault.expected, fault.found) == ("planted", 650, 4, 5.0, 7.0)


def audited(values: Floats) -> FeatureAudit:
    class Given(Planted):
        def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
            return values

    return audit_features(beside_an_honest_one(Given()), PANEL, proofs=("bounds",))


def test_of_a_feature_without_a_value_nothing_is_said_to_be_proved() -> None:
    found = audited(np.full(PANEL["close"].shape, np.nan))
    assert found.verdict("planted") is Verdict.SILENT
    assert found.silent == ("planted",)


def test_what_the_values_look_like_is_measured() -> None:
    values = np.full(PANEL["close"].shape, np.nan)
    values[10:20, 0] = np.arange(10.0)
    measures = audited(values).measures["planted"]
    bars = int((~np.isnan(PANEL["close"])).sum())
    own = int((~np.isnan(PANEL["close"][:10, 0])).sum())
    kept = int((~np.isnan(PANEL["close"][10:20, 0])).sum())
    assert (measures.values, measures.smallest, measures.largest, measures.first_bar) == (10, 0.0, 9.0, own)
    assert measures.missing_ratio == pytest.approx(1.0 - kept / bars)


def test_too_few_bars_prove_nothing() -> None:
    with pytest.raises(DataValidationError, match="QTS-FEAT-021"):
        audit_features(ALONE, PANEL.rows(slice(0, 59)))


def test_the_same_seed_gives_the_same_audit() -> None:
    subject = beside_an_honest_one(CloseOfTheOpenHour())
    one, other = (audit_features(subject, PANEL, seed=3, proofs=("future",)).faults for _ in range(2))
    assert one == other


@pytest.fixture(scope="module")
def moments() -> list[int]:
    return [int(PANEL.timeline.ts_known[row]) for row in (400, 900)]


def as_known(panel: Panel, moment: int | None) -> Panel:
    return panel if moment is None else panel.rows(slice(0, panel.timeline.row_before(moment)))


def test_bars_as_they_were_known_are_never_accused(moments: list[int]) -> None:
    assert history_faults(lambda moment: as_known(PANEL, moment), moments) == ()


def test_prices_adjusted_for_later_splits_are_caught(moments: list[int]) -> None:
    def load(moment: int | None) -> Panel:
        known = as_known(PANEL, moment)
        ratio = known["factor"] / known["factor"][-1]
        fields = {name: known[name] * ratio for name in ("open", "high", "low", "close")}
        return Panel(known.timeline, known.symbols, {**known.fields, **fields, "factor": np.ones(ratio.shape)})

    faults = history_faults(load, moments)
    assert {fault.feature for fault in faults} == {"open", "high", "low", "close"}
    assert {PANEL.symbols[fault.column] for fault in faults} == {"BBB"}


def test_a_bar_that_was_filled_in_or_revised_afterwards_is_caught(moments: list[int]) -> None:
    def load(moment: int | None) -> Panel:
        fields = {name: values.copy() for name, values in PANEL.fields.items()}
        if moment is not None:
            fields["volume"][123, 0] = 1.0
        return as_known(Panel(PANEL.timeline, PANEL.symbols, fields), moment)

    (fault,) = history_faults(load, moments)
    assert (fault.feature, fault.row, fault.column, fault.expected) == ("volume", 123, 0, 1.0)


def test_a_kernel_that_reads_the_block_it_is_given_is_caught() -> None:
    """As an own kernel may: right in batch, wrong bar by bar."""

    class MeanOfTheBlock(Planted):
        def values(self, panel: Panel, cuts: Sequence[int]) -> Floats:
            close = linked(panel)
            pieces = [close[a:b] for a, b in zip([0, *cuts], [*cuts, len(close)], strict=True)]
            return there(panel, np.concatenate([np.broadcast_to(np.nanmax(np.nan_to_num(p)), p.shape) for p in pieces]))

    found = audit_features(beside_an_honest_one(MeanOfTheBlock()), PANEL, proofs=("chunking", "live", "future"))
    assert {fault.proof for fault in found.faults if fault.feature == "planted"} == {"chunking", "live", "future"}


def test_the_honest_engine_and_the_subject_agree() -> None:
    engine = FeatureEngine(Catalogue([default_catalogue()[HONEST]]), PANEL.symbols)
    np.testing.assert_array_equal(ALONE.compute(PANEL, [500]), engine.push(FeatureBlock.of(PANEL)))
