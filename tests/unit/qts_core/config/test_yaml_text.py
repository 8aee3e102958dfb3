"""YAML 1.2 core schema: examples of the specification's chapter 10.3 and of the bad-input list."""

from __future__ import annotations

import math

import pytest

from qts_core.config.yaml_text import Value, dotted, parse_yaml, scalar
from qts_core.market.errors import ConfigParseError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # YAML 1.2.2, example 10.9
        ("null", None), ("~", None), ("", None), ("true", True), ("False", False),
        ("0", 0), ("0o7", 7), ("0x3A", 58), ("-19", -19),
        ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0), ("-2E+05", -200000.0),
        (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf),
        # words and numbers that YAML 1.1 would have changed
        ("yes", "yes"), ("on", "on"), ("NO", "NO"), ("9:30", "9:30"), ("010", 10), ("1_000", "1_000"),
        ("1e-2", 0.01), ("2025-01-01", "2025-01-01"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_plain_scalar_follows_the_core_schema(text: str, value: Value) -> None:
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_read_as_nan() -> None:
    found = scalar(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def test_quoted_words_stay_text() -> None:
    assert parse_yaml('a: "true"\nb: \'5\'\nc: "09:30"', where="x").content == {"a": "true", "b": "5", "c": "09:30"}


def test_every_key_and_item_knows_its_line() -> None:
    parsed = parse_yaml("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - y: 3\n", where="x")
    assert parsed.lines[("b", "c")] == 3
    assert parsed.lines[("b", "d", 1, "y")] == 6


@pytest.mark.parametrize("text", ["", "# nothing but talk\n", "---\n"])
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    assert parse_yaml(text, where="x").content == {}


def test_a_key_given_twice_names_both_lines() -> None:
    with pytest.raises(ConfigParseError, match=r"risk_limits\.daily_loss_limit stands twice at r\.yaml.*lines 2 and 3"):
        parse_yaml("risk_limits:\n  daily_loss_limit: 0.02\n  daily_loss_limit: 2.0\n", where="r.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: !!python/object/apply:os.system ['true']", "tag"),
        ("a: !!python/name:os.system", "tag"),
        ("a: !secret x", "tag"),
        ("a: &x [1]\nb: *x", "anchor"),
        ("1: one", "key is no text"),
        ("true: yes", "key is no text"),
        ("? [a]\n: b", "key is no text"),
        ("- a\n- b", "mapping"),
        ("a: [1, 2", "not valid YAML"),
        ("a: 1\n\tb: 2", "not valid YAML"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        ("[" * 3000, "too many open brackets"),
        ("- " * 3000, "nested too deeply"),
        ("a: " + "x" * 1_000_001, "too large"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_on_one_line(text: str, reason: str) -> None:
    with pytest.raises(ConfigParseError, match=reason) as caught:
        parse_yaml(text, where="f.yaml")
    assert "\n" not in str(caught.value)
    assert "f.yaml" in str(caught.value)


def test_a_path_is_written_as_people_write_it() -> None:
    assert dotted(("symbols", 3, "sector")) == "symbols[3].sector"
