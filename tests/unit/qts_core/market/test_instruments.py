"""Symbols have one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.instruments import Instrument, canonical_symbol, is_symbol


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("AAPL", "AAPL"), (" aapl\t", "AAPL"), ("brk-b", "BRK.B"), ("BRK/B", "BRK.B"), ("BRK B", "BRK.B"), ("V", "V")],
)
def test_a_symbol_is_brought_to_its_one_spelling(written: str, canonical: str) -> None:
    assert canonical_symbol(written) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "TOOLONG", "AAPL/..", "../x", "C:\\x", "ＡＡＰＬ", "AАPL", "A\u200bB", "A1", "BRK.ABC", "'; DROP", "AAPL\n"],
)
def test_what_is_no_symbol_is_refused(text: str) -> None:
    assert canonical_symbol(text) is None


@given(st.text(max_size=12))
def test_the_canonical_form_is_a_symbol_and_stays_so(text: str) -> None:
    found = canonical_symbol(text)
    if found is not None:
        assert is_symbol(found)
        assert canonical_symbol(found) == found


def test_an_instrument_is_of_sector_other_until_known() -> None:
    assert Instrument("AAPL").sector == "Other"
