"""Identifiers depend on the decision slot alone."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.ids import CLIENT_ORDER_ID_LIMIT, client_order_id, decision_id, digest, stable_id, stable_uuid

NOON = datetime(2024, 11, 29, 17, 0, tzinfo=UTC)
SLOT: dict[str, Any] = {"account": "PA1", "strategy": "ml", "symbol": "AAPL", "ts_event": NOON, "purpose": "r"}


def test_the_same_slot_always_has_the_same_id() -> None:
    assert client_order_id(**SLOT) == client_order_id(**SLOT)


@pytest.mark.parametrize(
    "change",
    [
        {"account": "PA2"}, {"strategy": "x"}, {"symbol": "MSFT"}, {"purpose": "x"}, {"leg": 1}, {"attempt": 1},
        {"ts_event": datetime(2024, 11, 29, 17, 15, tzinfo=UTC)},
    ],
)  # fmt: skip
def test_any_other_slot_has_another_id(change: dict[str, object]) -> None:
    assert client_order_id(**(SLOT | change)) != client_order_id(**SLOT)


@given(
    symbol=st.from_regex(r"[A-Z]{1,5}(\.[A-Z]{1,2})?", fullmatch=True),
    ts_event=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),
    leg=st.integers(0, 9),
    attempt=st.integers(0, 9),
)
def test_every_id_fits_the_brokers_limit(symbol: str, ts_event: datetime, leg: int, attempt: int) -> None:
    found = client_order_id(**(SLOT | {"symbol": symbol, "ts_event": ts_event, "leg": leg, "attempt": attempt}))
    assert len(found) <= CLIENT_ORDER_ID_LIMIT == 48
    assert found.isascii()


def test_an_id_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 48"):
        client_order_id(**(SLOT | {"purpose": "p" * 40}))


def test_a_decision_is_named_by_its_bar() -> None:
    assert decision_id("PA1", "ml", NOON).startswith("20241129T170000-")
    assert decision_id("PA1", "ml", NOON) != decision_id("PA1", "other", NOON)


def test_a_digest_is_sha256_of_canonical_json() -> None:
    assert digest("abc") == hashlib.sha256(b"abc").hexdigest()
    assert digest({"b": 1, "a": [1.5, None]}) == hashlib.sha256(b'{"a":[1.5,null],"b":1}').hexdigest()
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": float("nan")})


def test_parts_of_a_uuid_do_not_run_together() -> None:
    assert stable_uuid("ab", "c") != stable_uuid("a", "bc")
    assert stable_uuid("ab", "c") == stable_uuid("ab", "c")


def test_the_quick_id_is_the_uuid_as_text() -> None:
    for parts in (("order", "q-1"), ("",), ("account", "execution", "0"), ("naïve", "\x1f")):
        assert stable_id(*parts) == str(stable_uuid(*parts))


def test_the_name_of_a_decision_is_its_bar_s_start_to_the_second() -> None:
    early = datetime(2024, 3, 4, 9, 5, 7, tzinfo=UTC)
    assert decision_id("PA1", "ml", early).startswith(f"{early:%Y%m%dT%H%M%S}-")
