"""The alias champion moves only with the gates' consent, and back again."""

from __future__ import annotations

import pytest

from qts_core.market.errors import ModelError, ModelNotFoundError
from qts_core.ports.registry import CHALLENGER, CHAMPION, PREVIOUS
from qts_core.research.approval import approve, gate_record
from qts_core.research.gates import Gate, GateReport
from qts_core.research.promotion import promote, rollback
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.research.memory import SEAL, MemoryRegistry, memory_tools

MODEL = "qts_toy"


def judged(tools: ResearchTools, registry: MemoryRegistry, *, passed: bool) -> str:
    bundle = f"{len(registry.stored)}" * 64
    version = registry.register(MODEL, bundle)
    gate = Gate("gate.trades", 3.0, 100.0, ">=", passed, "completed trades: 3, needs at least 100, misses by 97")
    report = GateReport((gate,), "pessimistic")
    now = tools.now()
    tools.gates.add(gate_record(model=MODEL, version=version, bundle_sha256=bundle, report=report, now=now, seal=SEAL))
    return version


def outside() -> tuple[ResearchTools, MemoryRegistry]:
    registry = MemoryRegistry()
    return memory_tools(registry), registry


def test_the_challenger_becomes_champion_and_the_old_champion_previous() -> None:
    tools, registry = outside()
    first, second = judged(tools, registry, passed=True), judged(tools, registry, passed=True)
    promote(MODEL, tools, version=first)
    registry.set_alias(MODEL, CHALLENGER, second)
    done = promote(MODEL, tools)
    assert (done.version, done.previous) == (second, first)
    assert registry.aliases[MODEL, CHAMPION] == second
    assert registry.aliases[MODEL, PREVIOUS] == first
    assert (MODEL, CHALLENGER) not in registry.aliases, "whoever has won challenges nobody"


def test_rollback_gives_champion_back_and_can_be_undone() -> None:
    tools, registry = outside()
    first, second = judged(tools, registry, passed=True), judged(tools, registry, passed=True)
    promote(MODEL, tools, version=first)
    promote(MODEL, tools, version=second)
    assert rollback(MODEL, tools).version == first
    assert registry.aliases[MODEL, PREVIOUS] == second
    assert rollback(MODEL, tools).version == second


def test_a_refused_version_is_not_promoted_and_the_gate_is_named() -> None:
    tools, registry = outside()
    version = judged(tools, registry, passed=False)
    with pytest.raises(ModelError, match="misses by 97") as caught:
        promote(MODEL, tools, version=version)
    assert caught.value.code == "QTS-MODEL-005"
    assert (MODEL, CHAMPION) not in registry.aliases


def test_a_reason_overrides_the_gates_and_stays_on_record() -> None:
    tools, registry = outside()
    version = judged(tools, registry, passed=False)
    done = promote(MODEL, tools, version=version, override_reason="paper session of the null model")
    assert registry.aliases[MODEL, CHAMPION] == version
    assert "paper session of the null model" in done.reason
    record = tools.gates.latest(MODEL, version)
    assert record is not None
    assert not record.passed
    assert approve(record, registry.version(MODEL, version).bundle_sha256, SEAL).is_allowed
    assert registry.version(MODEL, version).tags["gate.override"] == "paper session of the null model"


def test_no_reason_replaces_a_judgement_that_was_never_made() -> None:
    tools, registry = outside()
    version = registry.register(MODEL, "f" * 64)
    with pytest.raises(ModelError, match="never judged"):
        promote(MODEL, tools, version=version, override_reason="trust me")


def test_promoting_the_champion_again_keeps_previous() -> None:
    tools, registry = outside()
    first, second = judged(tools, registry, passed=True), judged(tools, registry, passed=True)
    promote(MODEL, tools, version=first)
    promote(MODEL, tools, version=second)
    assert "already" in promote(MODEL, tools, version=second).reason
    assert registry.aliases[MODEL, PREVIOUS] == first


def test_without_challenger_or_previous_nothing_happens() -> None:
    tools, _ = outside()
    with pytest.raises(ModelNotFoundError, match="challenger"):
        promote(MODEL, tools)
    with pytest.raises(ModelNotFoundError, match="previous"):
        rollback(MODEL, tools)
    with pytest.raises(ModelNotFoundError, match="no such version"):
        promote(MODEL, tools, version="9")
