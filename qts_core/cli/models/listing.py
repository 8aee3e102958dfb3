"""`qts models list`: every version, what it was trained on, and whether it may trade (specification 7.3; C-16)."""

from __future__ import annotations

import json as json_text
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.models.registry import Json, registered
from qts_core.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from qts_core.ports.registry import RegisteredVersion
    from qts_core.ports.research_store import GateRecord
    from qts_core.research.approval import Approval
    from qts_core.research.tools import ResearchTools

__all__ = ["list_models"]

BETWEEN = " to "
"""Between the first and the last day of the tag `data_range`."""


@dataclass(frozen=True, slots=True)
class _Listed:
    version: RegisteredVersion
    record: GateRecord | None
    approval: Approval

    @property
    def gates(self) -> tuple[int, int] | None:
        """How many gates passed, of how many; None when it was never judged."""
        if self.record is None:
            return None
        judged = [
            bool(gate["passed"]) for gate in json_text.loads(self.record.report)["gates"] if gate.get("applies", True)
        ]
        return sum(judged), len(judged)

    @property
    def data_range(self) -> str:
        return self.version.tags.get("data_range", "")

    @property
    def trained_until(self) -> str:
        return self.data_range.rpartition(BETWEEN)[2]

    def row(self) -> tuple[object, ...]:
        version = self.version
        gates = "not judged" if self.gates is None else f"{self.gates[0]} of {self.gates[1]}"
        return (
            version.model, version.version, version.tags.get("semantic_version", ""), ", ".join(version.aliases),
            self.approval.is_allowed, gates, self.trained_until, self.data_range, self.approval.reason,
        )  # fmt: skip

    def to_json(self) -> dict[str, object]:
        version, gates = self.version, self.gates
        return {
            "model": version.model, "version": version.version,
            "semantic_version": version.tags.get("semantic_version"),
            "semantic_reason": version.tags.get("semantic_reason"), "aliases": version.aliases,
            "may_trade": self.approval.is_allowed, "reason": self.approval.reason,
            "gates": None if gates is None else {"passed": gates[0], "judged": gates[1]},
            "trained_until": self.trained_until or None, "data_range": self.data_range or None,
            "git_commit": version.tags.get("git_commit"), "training_set": version.tags.get("training_set"),
            "against_champion": version.tags.get("against_champion"), "bundle_sha256": version.bundle_sha256,
            "created_at": version.created_at.isoformat(),
        }  # fmt: skip


def list_models(
    model: Annotated[str, typer.Argument(help="Only this model.")] = "",
    json: Json = False,
) -> None:
    """Print every registered version with its aliases, its data and the gates' verdict.

    \b
    Examples:
      qts models list
      qts models list lightgbm_return --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import research_tools

    with research_tools(load_settings().settings) as tools:
        names = (registered(model),) if model else tools.registry.models()
        found = [_listed(version, tools) for name in names for version in tools.registry.versions(name)]
    if json:
        print_json([each.to_json() for each in found])
        return
    if not found:
        note("No model is registered yet. Train one with `qts train MODEL`.")
        return
    columns = ("model", "version", "semantic", "aliases", "may trade", "gates", "trained until", "data", "reason")
    print_table(columns, [each.row() for each in found])


def _listed(version: RegisteredVersion, tools: ResearchTools) -> _Listed:
    from qts_core.research.approval import approve

    record = tools.gates.latest(version.model, version.version)
    return _Listed(version, record, approve(record, version.bundle_sha256, tools.seal))
