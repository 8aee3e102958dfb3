"""Addresses are shown without what may be secret in them."""

from __future__ import annotations

import pytest

from qts_core.config.masking import MASK, masked_address


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain words, no address", "plain words, no address"),
        ("https://api.alpaca.markets/v2", "https://api.alpaca.markets/v2"),
        ("sqlite:////home/me/qts.db", "sqlite:////home/me/qts.db"),
        ("postgresql+psycopg://qts:s3@db:5432/qts", f"postgresql+psycopg://qts:{MASK}@db:5432/qts"),
        ("https://:s3@host/x", f"https://:{MASK}@host/x"),
        ("https://token@host/x", f"https://{MASK}@host/x"),
        ("https://host/x?key=s3", f"https://host/x?{MASK}"),
        ("https://host/x#s3", f"https://host/x?{MASK}"),
        ("https://a@b:s3@host", f"https://a@b:{MASK}@host"),
        ("http://[::1", MASK),
    ],
)
def test_passwords_tokens_and_queries_are_masked(given: str, shown: str) -> None:
    assert masked_address(given) == shown
