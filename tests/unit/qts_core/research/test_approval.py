"""Only an intact record for exactly this bundle lets a version trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qts_core.ports.research_store import GateRecord
from qts_core.research.approval import approve, gate_record, overridden
from qts_core.research.gates import Gate, GateReport
from tests.unit.qts_core.research.memory import NOON

BUNDLE = "b" * 64


def record_of(*, passed: bool) -> GateRecord:
    gate = Gate("gate.net_sharpe", 0.2, 0.5, ">=", passed, "annualised Sharpe ratio: 0.2, needs at least 0.5")
    report = GateReport((gate,), "pessimistic")
    return gate_record(model="qts_toy", version="3", bundle_sha256=BUNDLE, report=report, now=NOON)


def test_a_green_record_of_this_bundle_is_honoured() -> None:
    approval = approve(record_of(passed=True), BUNDLE)
    assert approval.is_allowed
    assert approval.reason == "all 1 gates passed on 2026-11-20"


def test_a_red_record_is_refused_with_the_gate_and_its_figures() -> None:
    approval = approve(record_of(passed=False), BUNDLE)
    assert not approval.is_allowed
    assert "0.2, needs at least 0.5" in approval.reason


def test_a_version_that_was_never_judged_is_refused() -> None:
    approval = approve(None, BUNDLE)
    assert not approval.is_allowed
    assert "never judged" in approval.reason


def test_a_green_record_of_another_bundle_is_refused() -> None:
    approval = approve(record_of(passed=True), "e" * 64)
    assert not approval.is_allowed
    assert "judged bundle bbbbbbbbbbbb" in approval.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"passed": True}, {"report": "{}"}, {"bundle_sha256": "e" * 64}, {"version": "4"}, {"model": "qts_other"},
        {"created_at": NOON + timedelta(seconds=1)}, {"record_hash": ""},
    ],
)  # fmt: skip
def test_a_record_changed_in_any_field_is_refused(changes: dict[str, object]) -> None:
    forged = replace(record_of(passed=False), **changes)  # type: ignore[arg-type]
    approval = approve(forged, forged.bundle_sha256)
    assert not approval.is_allowed
    assert "changed after it was written" in approval.reason


def test_an_override_keeps_the_verdict_and_names_its_reason() -> None:
    forced = overridden(record_of(passed=False), reason=" paper only ", now=NOON + timedelta(hours=1))
    approval = approve(forced, BUNDLE)
    assert not forced.passed
    assert approval.is_allowed
    assert approval.reason.endswith("because: paper only")
    assert "needs at least 0.5" in approval.reason


def test_an_override_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        overridden(record_of(passed=False), reason="  ", now=NOON)
