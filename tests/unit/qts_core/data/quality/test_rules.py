"""Every rule is declared once, with a code of its own, a severity and something to do."""

from __future__ import annotations

import re

from qts_core.data.quality.rules import BAR_RULES, RULES, Family, Policy, Severity


def test_codes_are_distinct_and_say_the_family() -> None:
    codes = [rule.code for rule in RULES.values()]
    assert len(set(codes)) == len(codes) == len(RULES)
    assert codes == sorted(codes)
    assert all(re.fullmatch(r"Q[1-7]\d\d", code) for code in codes)
    assert RULES["price_jumps"].family is Family.PRICE
    assert {rule.family for rule in RULES.values()} == set(Family)


def test_what_refuses_is_an_error_and_nothing_else_is() -> None:
    assert {n for n, r in RULES.items() if r.policy is Policy.REFUSE} == {
        n for n, r in RULES.items() if r.severity is Severity.ERROR
    }


def test_every_rule_says_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.fix, rule.name
        assert rule.fix.count("{") == rule.fix.count("{path}"), rule.name


def test_rules_of_single_bars_are_rules() -> None:
    assert set(BAR_RULES) <= set(RULES)


def test_severities_are_ordered_by_worry() -> None:
    assert sorted(Severity, key=lambda s: s.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]
