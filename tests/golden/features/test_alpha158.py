"""Alpha158 against pandas, by qlib's published definitions, on each symbol's own bars.

``python -m benchmarks.features alpha158 --qlib PYTHON`` compares with qlib itself. What differs on purpose is stated in
docs/concepts/alpha158.md and tested below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qts_core.features import FeatureBlock, FeatureEngine, alpha158_catalogue, default_catalogue
from qts_core.market.panel import Panel
from tests.golden.features.market_for_tests import Bars, Floats, Market, make_panel, market_of

CANDLE = "KMID KLEN KMID2 KUP KUP2 KLOW KLOW2 KSFT KSFT2 OPEN0 HIGH0 LOW0 VWAP0"
ROLLING = (
    "ROC MA STD BETA RSQR RESI MAX MIN QTLU QTLD RANK RSV IMAX IMIN IMXD "
    "CORR CORD CNTP CNTN CNTD SUMP SUMN SUMD VMA VSTD WVMA VSUMP VSUMN VSUMD"
)
WINDOWS = (5, 10, 20, 30, 60)
NAMES = (*CANDLE.split(), *(f"{kind}{window}" for kind in ROLLING.split() for window in WINDOWS))
Series = Any
LEAST_STD = 2e-5
"""qlib has no correlation where a deviation is below this."""


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(alpha158_catalogue())


def candle(o: Series, h: Series, low: Series, c: Series) -> dict[str, Series]:
    top, bottom, span = np.maximum(o, c), np.minimum(o, c), h - low + 1e-12
    return {
        "KMID": (c - o) / o,
        "KLEN": (h - low) / o,
        "KMID2": (c - o) / span,
        "KUP": (h - top) / o,
        "KUP2": (h - top) / span,
        "KLOW": (bottom - low) / o,
        "KLOW2": (bottom - low) / span,
        "KSFT": (2 * c - h - low) / o,
        "KSFT2": (2 * c - h - low) / span,
        "OPEN0": o / c,
        "HIGH0": h / c,
        "LOW0": low / c,
        "VWAP0": (h + low + c) / 3 / c,
    }


def fitted_lines(c: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """Return slope, R squared and last residual of the line through every full window."""
    out = np.full((3, len(c)), np.nan)
    time = np.arange(window) - (window - 1) / 2.0
    for end in range(window, len(c) + 1):
        y = c[end - window : end]
        slope, level = np.polyfit(time, y, 1)
        rest = y - (slope * time + level)
        total = ((y - y.mean()) ** 2).sum()
        out[:, end - 1] = slope, 1.0 - (rest @ rest) / total if y.std(ddof=1) > LEAST_STD else np.nan, rest[-1]
    return out[0], out[1], out[2]


def correlation(x: Series, y: Series, window: int) -> Series:
    """Correlate the pairs that exist; nothing where one of them stands still."""
    pairs = pd.DataFrame({"x": x, "y": y}).replace([np.inf, -np.inf], np.nan).dropna()
    windows = pairs.rolling(window)
    found = pairs["x"].rolling(window).corr(pairs["y"])
    found[(windows.std() <= LEAST_STD).any(axis=1)] = np.nan
    return found.reindex(x.index)


def shares(change: Series, window: int) -> tuple[Series, Series, Series]:
    up, down = change.clip(lower=0), (-change).clip(lower=0)
    total = change.abs().rolling(window).sum() + 1e-12
    rises, falls = up.rolling(window).sum() / total, down.rolling(window).sum() / total
    return rises, falls, rises - falls


def rolling(h: Series, low: Series, c: Series, v: Series, d: int) -> dict[str, Series]:
    before, volume_before = c.shift(1), v.shift(1)
    some_volume = v.where(v > 0)
    top, bottom = h.rolling(d).max(), low.rolling(d).min()
    first_top = h.rolling(d).apply(lambda w: w.argmax() + 1, raw=True)
    first_bottom = low.rolling(d).apply(lambda w: w.argmin() + 1, raw=True)
    slope, explained, rest = fitted_lines(c.to_numpy(), d)
    moved = (c / before - 1).abs() * v
    up = (c > before).astype(float).where(before.notna())
    down = (c < before).astype(float).where(before.notna())
    values = (
        c.shift(d) / c, c.rolling(d).mean() / c, c.rolling(d).std() / c, slope / c, explained, rest / c,
        top / c, bottom / c, c.rolling(d).quantile(0.8) / c, c.rolling(d).quantile(0.2) / c,
        c.rolling(d).rank(pct=True), (c - bottom) / (top - bottom + 1e-12),
        first_top / d, first_bottom / d, (first_top - first_bottom) / d,
        correlation(c, np.log(v + 1), d), correlation(c / before, np.log(v / volume_before + 1), d),
        up.rolling(d).mean(), down.rolling(d).mean(), up.rolling(d).mean() - down.rolling(d).mean(),
        *shares(c.diff(), d),
        v.rolling(d).mean() / some_volume, v.rolling(d).std() / some_volume,
        moved.rolling(d).std() / (moved.rolling(d).mean() + 1e-12),
        *shares(v.diff(), d),
    )  # fmt: skip
    return {f"{kind}{d}": value for kind, value in zip(ROLLING.split(), values, strict=True)}


@lru_cache(maxsize=8)
def referees(rows: tuple[int, ...], fields: bytes) -> Mapping[str, Floats]:
    o, h, low, c, v = (pd.Series(x) for x in np.frombuffer(fields).reshape(5, len(rows)))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = candle(o, h, low, c)
        for window in WINDOWS:
            found |= rolling(h, low, c, v, window)
    return {name: np.asarray(series, dtype=np.float64) for name, series in found.items()}


def referee(name: str) -> Callable[[Bars], Floats]:
    def of(b: Bars) -> Floats:
        return referees(tuple(b.rows), np.stack([b.open, b.high, b.low, b.close, b.volume]).tobytes())[name]

    return of


def test_there_are_158_under_the_names_of_qlib_and_in_its_order() -> None:
    assert len(NAMES) == 158
    assert alpha158_catalogue().names == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_pandas(name: str, agree: Callable[..., None]) -> None:
    # Shares of what hardly moved carry pandas' rounding, whose sums subtract what leaves the window.
    agree(name, referee(name), tolerance=1e-8)


def values_of(**fields: list[float]) -> Mapping[str, Floats]:
    """Compute on one symbol whose bars are these, from the start of the test market."""
    rows = len(next(iter(fields.values())))
    panel = make_panel().rows(slice(0, rows))
    close = fields.get("close", [100.0] * rows)
    given = {"open": close, "high": close, "low": close, "close": close, "volume": [1000.0] * rows, **fields}
    columns = {name: np.array(values, dtype=np.float64)[:, None] for name, values in given.items()}
    columns["factor"] = np.ones((rows, 1))
    catalogue = alpha158_catalogue()
    values = FeatureEngine(catalogue, ("ONE",)).push(FeatureBlock.of(Panel(panel.timeline, ("ONE",), columns)))
    return {name: each[:, 0] for name, each in zip(catalogue.names, values, strict=True)}


def test_of_equal_extremes_the_oldest_counts_as_in_qlib() -> None:
    found = values_of(high=[101, 103, 102, 103, 101], low=[99, 98, 98, 97, 97], close=[100, 100, 100, 100, 100])
    assert [found[name][4] for name in ("IMAX5", "IMIN5", "IMXD5")] == [2 / 5, 4 / 5, -2 / 5]


def test_a_ratio_of_nothing_to_nothing_is_zero_as_in_qlib() -> None:
    found = values_of(close=[100.0] * 6)
    for name in ("KMID2", "KUP2", "KLOW2", "KSFT2", "RSV5", "SUMP5", "SUMN5", "SUMD5", "WVMA5", "VSUMP5", "VSUMD5"):
        assert found[name][5] == 0.0, name


def test_a_bar_without_volume_has_no_ratio_to_its_volume() -> None:
    # qlib divides by 1e-12 there and gives numbers of the order of 1e15.
    found = values_of(volume=[500.0, 700.0, 400.0, 600.0, 0.0, 300.0])
    assert np.isnan([found["VMA5"][4], found["VSTD5"][4]]).all()
    assert found["VMA5"][5] == pytest.approx((700 + 400 + 600 + 0 + 300) / 5 / 300)


def test_no_value_stands_on_fewer_bars_than_its_window() -> None:
    found = values_of(close=[100.0, 101.0, 102.0, 101.0, 103.0, 102.0], volume=[5.0, 6.0, 7.0, 5.0, 4.0, 6.0])
    assert np.flatnonzero(~np.isnan(found["MA5"])).tolist() == [4, 5]
    # The first bar has no change, so five changes take six bars.
    assert np.flatnonzero(~np.isnan(found["CNTP5"])).tolist() == [5]
    assert np.flatnonzero(~np.isnan(found["ROC5"])).tolist() == [5]


def test_no_name_is_shared_with_the_default_catalogue_even_in_small_letters() -> None:
    theirs = {name.lower() for name in alpha158_catalogue().names}
    assert len(theirs) == 158
    assert not theirs & set(default_catalogue().names)
