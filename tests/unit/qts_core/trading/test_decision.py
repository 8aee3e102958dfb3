"""The decision record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qts_core.market.events import BarsClosed
from qts_core.trading.decision import Decision, RecordDecision
from tests.support.decision_market import core, panel, scores, slices


def decisions() -> list[Decision]:
    bars = panel(breadth=6, missing=0.05)
    one = core(bars, scores(bars))
    outputs = [o for bar in slices(bars) for o in one.handle(BarsClosed(bar))]
    return [o.decision for o in outputs if isinstance(o, RecordDecision)]


def test_json_gives_every_decision_back_bit_for_bit() -> None:
    made = decisions()
    assert any(d.orders for d in made)
    assert any(np.isnan(d.score).any() for d in made)
    for decision in made:
        text = decision.to_json()
        back = Decision.from_json(text)
        assert back == decision
        assert back.digest() == decision.digest()
        assert back.to_json() == text


def test_one_bit_changes_the_digest() -> None:
    decision = next(d for d in decisions() if d.orders)
    score = decision.score.copy()
    known = int(np.flatnonzero(~np.isnan(score))[0])
    score[known] = np.nextafter(score[known], 1.0)
    order = replace(decision.orders[0], reason="another")
    others = [
        replace(decision, score=score),
        replace(decision, orders=(order, *decision.orders[1:])),
        replace(decision, cash=decision.cash + 1),
        replace(decision, symbols=tuple(reversed(decision.symbols))),
        replace(decision, hashes=replace(decision.hashes, code="y")),
    ]
    assert len({decision.digest(), *(o.digest() for o in others)}) == 6


def test_a_record_says_why_and_with_what_it_was_made() -> None:
    decision = next(d for d in decisions() if d.orders)
    assert decision.hashes.configuration == "c"
    assert decision.model_id == "stored"
    assert {v.symbol for v in decision.verdicts if v.symbol != "*"} >= {o.request.symbol for o in decision.orders}
    assert decision.orders[0].reason.startswith(("open", "close", "add", "reduce"))
