"""Promote and roll back: moving the alias `champion` with the gates' consent (checklist C-16 to C-18)."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.market.errors import ModelError, ModelNotFoundError
from qts_core.ports.registry import CHALLENGER, CHAMPION, PREVIOUS, ModelRegistry, RegisteredVersion
from qts_core.research.approval import approve, is_judged, overridden
from qts_core.research.tools import ResearchTools

__all__ = ["Promotion", "promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What changed: the new champion and the one before, with the reason it was allowed."""

    model: str
    version: str
    previous: str | None
    reason: str


def promote(model: str, tools: ResearchTools, *, version: str | None = None, override_reason: str = "") -> Promotion:
    """Make a version the champion.

    Parameters
    ----------
    model : str
        Registered name.
    tools : ResearchTools
    version : str, optional
        The challenger by default.
    override_reason : str, optional
        Why a version should trade that a gate refused. It is written into a new gate record and into the version's
        tags; it cannot stand in for a judgement that was never made.

    Raises
    ------
    ModelNotFoundError
        If there is no such version, or no challenger.
    ModelError
        If the gates refuse and no reason is given, or the version was never judged.
    """
    chosen = _chosen(model, version, tools.registry)
    record = tools.gates.latest(model, chosen.version)
    approval = approve(record, chosen.bundle_sha256, tools.seal)
    if not approval.is_allowed and override_reason.strip() and is_judged(record, chosen.bundle_sha256, tools.seal):
        assert record is not None
        record = overridden(record, reason=override_reason, now=tools.now(), seal=tools.seal)
        approval = approve(record, chosen.bundle_sha256, tools.seal)
        if approval.is_allowed:
            tools.gates.add(record)
            tools.registry.set_tags(
                model, chosen.version, {"gate.override": override_reason.strip(), "gate.record": record.record_hash}
            )
    if not approval.is_allowed:
        raise ModelError(
            "QTS-MODEL-005", "the version may not be promoted", where=f"{model} version {chosen.version}",
            found=approval.reason, expected="every gate passed",
            fix="improve the model, or promote with --force --reason and be named in the record",
        )  # fmt: skip
    return _move(model, chosen, tools.registry, approval.reason)


def rollback(model: str, tools: ResearchTools) -> Promotion:
    """Give `champion` back to the version that had it before; it must still be approved.

    Raises
    ------
    ModelNotFoundError
        If no version carries the alias ``previous``.
    ModelError
        If the gates no longer vouch for it.
    """
    former = tools.registry.by_alias(model, PREVIOUS)
    if former is None:
        raise ModelNotFoundError(
            "QTS-MODEL-001", "there is no previous champion", where=model, fix="see `qts models list`"
        )
    return promote(model, tools, version=former.version)


def _chosen(model: str, version: str | None, registry: ModelRegistry) -> RegisteredVersion:
    if version is not None:
        return registry.version(model, version)
    challenger = registry.by_alias(model, CHALLENGER)
    if challenger is None:
        raise ModelNotFoundError(
            "QTS-MODEL-001", "no version carries the alias challenger", where=model, expected="a nominated version",
            fix="train one with `qts train`, or name a version with --version",
        )  # fmt: skip
    return challenger


def _move(model: str, chosen: RegisteredVersion, registry: ModelRegistry, reason: str) -> Promotion:
    former = registry.by_alias(model, CHAMPION)
    if former is not None and former.version == chosen.version:
        return Promotion(model, chosen.version, former.version, f"it is the champion already; {reason}")
    if former is not None:
        registry.set_alias(model, PREVIOUS, former.version)
    registry.set_alias(model, CHAMPION, chosen.version)
    if CHALLENGER in chosen.aliases:
        registry.remove_alias(model, CHALLENGER)
    return Promotion(model, chosen.version, None if former is None else former.version, reason)
