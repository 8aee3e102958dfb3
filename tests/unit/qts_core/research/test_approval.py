"""Only an intact record for exactly this bundle lets a version trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qts_core.market.ids import digest
from qts_core.ports.research_store import GateRecord
from qts_core.research.approval import GateSeal, Signature, approve, gate_record, overridden
from qts_core.research.gates import Gate, GateReport
from qts_core.research.gates.report import not_applicable
from tests.unit.qts_core.research.memory import NOON, SEAL

BUNDLE = "b" * 64


def record_of(*, passed: bool) -> GateRecord:
    gate = Gate("gate.net_sharpe", 0.2, 0.5, ">=", passed, "annualised Sharpe ratio: 0.2, needs at least 0.5")
    report = GateReport((gate,), "pessimistic")
    return gate_record(model="qts_toy", version="3", bundle_sha256=BUNDLE, report=report, now=NOON, seal=SEAL)


def test_a_green_record_of_this_bundle_is_honoured() -> None:
    approval = approve(record_of(passed=True), BUNDLE, SEAL)
    assert approval.is_allowed
    assert approval.reason == "all 1 gates passed on 2026-11-20"


def test_a_red_record_is_refused_with_the_gate_and_its_figures() -> None:
    approval = approve(record_of(passed=False), BUNDLE, SEAL)
    assert not approval.is_allowed
    assert "0.2, needs at least 0.5" in approval.reason


def test_a_version_that_was_never_judged_is_refused() -> None:
    approval = approve(None, BUNDLE, SEAL)
    assert not approval.is_allowed
    assert "never judged" in approval.reason


def test_a_green_record_of_another_bundle_is_refused() -> None:
    approval = approve(record_of(passed=True), "e" * 64, SEAL)
    assert not approval.is_allowed
    assert "judged bundle bbbbbbbbbbbb" in approval.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"passed": True}, {"report": "{}"}, {"bundle_sha256": "e" * 64}, {"version": "4"}, {"model": "qts_other"},
        {"created_at": NOON + timedelta(seconds=1)}, {"record_hash": SEAL.key_id + "0" * 56},
    ],
)  # fmt: skip
def test_a_record_changed_in_any_field_is_refused(changes: dict[str, object]) -> None:
    forged = replace(record_of(passed=False), **changes)  # type: ignore[arg-type]
    approval = approve(forged, forged.bundle_sha256, SEAL)
    assert not approval.is_allowed
    assert "changed after it was written" in approval.reason


def test_an_override_keeps_the_verdict_and_names_its_reason() -> None:
    forced = overridden(record_of(passed=False), reason=" paper only ", now=NOON + timedelta(hours=1), seal=SEAL)
    approval = approve(forced, BUNDLE, SEAL)
    assert not forced.passed
    assert approval.is_allowed
    assert approval.reason.endswith("because: paper only")
    assert "needs at least 0.5" in approval.reason


def test_an_override_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        overridden(record_of(passed=False), reason="  ", now=NOON, seal=SEAL)


def unsigned(record: GateRecord) -> GateRecord:
    """Return the record as it was sealed before there was a key: with a hash that anyone can compute."""
    names = ("model", "version", "bundle_sha256", "passed", "report")
    content = {name: getattr(record, name) for name in names} | {"created_at": record.created_at.isoformat()}
    return replace(record, record_hash=digest(content))


def test_a_green_record_from_before_signatures_must_be_judged_again() -> None:
    approval = approve(unsigned(record_of(passed=True)), BUNDLE, SEAL)
    assert not approval.is_allowed
    assert "written before records were signed" in approval.reason
    assert "qts train" in approval.reason


def test_a_forger_without_the_key_cannot_turn_a_red_record_green() -> None:
    green = replace(record_of(passed=False), passed=True)
    assert not approve(unsigned(green), BUNDLE, SEAL).is_allowed
    assert not approve(replace(green, record_hash=GateSeal(b"x" * 32).sign(green)), BUNDLE, SEAL).is_allowed


def test_a_green_record_of_another_home_is_refused_and_the_way_out_is_named() -> None:
    approval = approve(record_of(passed=True), BUNDLE, GateSeal(b"another home, another key"))
    assert not approval.is_allowed
    assert "not signed with the key of this home" in approval.reason
    assert "QTS_GATE_KEY" in approval.reason


def test_a_report_that_is_no_json_is_refused_not_read() -> None:
    assert not approve(replace(record_of(passed=True), report="[" * 100_000), BUNDLE, SEAL).is_allowed


def test_the_signature_fits_its_column_and_names_the_key_without_giving_it_away() -> None:
    record = record_of(passed=True)
    assert len(record.record_hash) == 64
    assert record.record_hash.startswith(SEAL.key_id)
    assert "kkk" not in repr(SEAL)
    assert SEAL.check(record) is Signature.VALID


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        GateSeal(b"secret")


def test_a_gate_that_does_not_apply_is_named_in_the_consent() -> None:
    gates = (Gate("gate.a", 1.0, 0.0, ">=", True, "a"), not_applicable("pbo", 0.5, "<=", "no study"))
    report = GateReport(gates, "pessimistic")
    record = gate_record(model="m", version="1", bundle_sha256=BUNDLE, report=report, now=NOON, seal=SEAL)
    assert approve(record, BUNDLE, SEAL).reason == "all 1 gates passed on 2026-11-20, 1 not applicable"
