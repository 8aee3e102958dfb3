"""Heads of the ledger that verdicts keep: which of them bind this home."""

from __future__ import annotations

from dataclasses import replace

from qts_core.ports.registry import RegisteredVersion
from qts_core.research.approval import GateSeal, anchor_tag, gate_record, ledger_anchors
from qts_core.research.approval.anchors import LEDGER_TAG
from qts_core.research.gates import Gate, GateReport
from qts_core.research.ledger import LedgerHead
from tests.unit.qts_core.research.memory import NOON, SEAL

HEAD = LedgerHead(7, "a" * 64)
REPORT = GateReport((Gate("gate.trades", 1.0, 1.0, ">=", True, "one"),), "pessimistic")


def version(tag: str) -> RegisteredVersion:
    return RegisteredVersion("qts_toy", "3", "b" * 64, "run", NOON, tags={LEDGER_TAG: tag})


def test_signed_records_and_tags_of_this_home_bind_it() -> None:
    record = gate_record(
        model="qts_toy", version="2", bundle_sha256="b" * 64, report=REPORT, now=NOON, seal=SEAL, head=HEAD
    )
    found = ledger_anchors([record], [version(anchor_tag(HEAD, SEAL))], SEAL)
    assert [(h.rows, h.record_hash) for h in found] == [(7, "a" * 64)] * 2
    assert [h.place for h in found] == ["the gate record of qts_toy version 2", "the tag of qts_toy version 3"]


def test_records_without_a_head_changed_ones_and_those_of_other_homes_do_not() -> None:
    def record(seal: GateSeal, head: LedgerHead | None) -> object:
        return gate_record(model="m", version="1", bundle_sha256="b", report=REPORT, now=NOON, seal=seal, head=head)

    other = GateSeal(b"another home, another key")
    changed = replace(record(SEAL, HEAD), version="9")  # type: ignore[type-var]
    assert ledger_anchors([record(SEAL, None), record(other, HEAD), changed], (), SEAL) == ()  # type: ignore[list-item]


def test_tags_that_are_none_or_nonsense_are_left_out() -> None:
    tags = ["", "7 rows", anchor_tag(HEAD, SEAL) + "x", anchor_tag(HEAD, GateSeal(b"another home, another key"))]
    assert ledger_anchors((), [version(tag) for tag in tags], SEAL) == ()
