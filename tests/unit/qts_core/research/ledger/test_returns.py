"""Returns as a row of the ledger holds them: read as base 85 says, and refused where it is none."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from qts_core.research.ledger import ReturnSeries
from qts_core.research.ledger.returns import _unpacked


@pytest.mark.parametrize("size", [0, 1, 3, 4, 7, 1240])
def test_base_85_is_read_as_the_standard_library_reads_it(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert _unpacked(base64.b85encode(data).decode()) == data


@pytest.mark.parametrize("text", ["|||||", "~~~~~", "0000,", "00000 0000", "0000é"])
def test_what_is_not_base_85_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        base64.b85decode(text)
    with pytest.raises(ValueError, match=r".+"):
        _unpacked(text)


def test_a_series_comes_back_bit_for_bit() -> None:
    rng = np.random.default_rng(3)
    series = ReturnSeries.of(np.cumsum(rng.integers(1, 5, 310)), 0.01 * rng.standard_normal(310))
    assert ReturnSeries.from_json(series.to_json()) == series
