"""In-memory doubles of the research ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from qts_core.market.errors import ModelNotFoundError
from qts_core.ports.registry import RegisteredVersion, TrackedRun, TrainingRecord
from qts_core.ports.research_store import GateRecord, TrialRecord
from qts_core.research.approval import GateSeal
from qts_core.research.ledger import TrialLedger
from qts_core.research.tools import ResearchTools

SEAL = GateSeal(b"k" * 32)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class MemoryTrials:
    """The chain in a list."""

    def __init__(self) -> None:
        self.records: list[TrialRecord] = []

    def append(self, link: Callable[[TrialRecord | None], TrialRecord]) -> TrialRecord:
        self.records.append(link(self.last()))
        return self.records[-1]

    def last(self) -> TrialRecord | None:
        return self.records[-1] if self.records else None

    def all(self, model: str | None = None) -> Sequence[TrialRecord]:
        return tuple(r for r in self.records if model in (None, r.model))

    def count(self, model: str | None = None) -> int:
        return len(self.all(model))


class MemoryGates:
    """Gate records in a list."""

    def __init__(self) -> None:
        self.records: list[GateRecord] = []

    def add(self, record: GateRecord) -> None:
        self.records.append(record)

    def latest(self, model: str, version: str) -> GateRecord | None:
        return next((r for r in reversed(self.records) if (r.model, r.version) == (model, version)), None)

    def by_bundle(self, bundle_sha256: str) -> GateRecord | None:
        return next((r for r in reversed(self.records) if r.bundle_sha256 == bundle_sha256), None)

    def all(self, model: str | None = None) -> Sequence[GateRecord]:
        return tuple(r for r in self.records if model in (None, r.model))


class MemoryRegistry:
    """Tracker and registry in one."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], RegisteredVersion] = {}
        self.files: dict[tuple[str, str], dict[str, bytes]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.logged: list[TrainingRecord] = []
        self.metrics: dict[str, dict[str, float]] = {}
        self.texts: dict[tuple[str, str], str] = {}

    def register(self, model: str, bundle_sha256: str) -> str:
        version = str(1 + sum(1 for name, _ in self.stored if name == model))
        self.stored[model, version] = RegisteredVersion(model, version, bundle_sha256, f"run{version}", NOON)
        return version

    def log_training(self, record: TrainingRecord) -> TrackedRun:
        self.logged.append(record)
        name = f"qts_{record.model}"
        version = self.register(name, record.bundle_sha256)
        self.files[name, version] = dict(record.files)
        self.set_tags(name, version, record.tags)
        return TrackedRun(f"run{version}", "1", name, version)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        self.metrics.setdefault(run_id, {}).update(metrics)

    def log_text(self, run_id: str, name: str, text: str) -> None:
        self.texts[run_id, name] = text

    def models(self) -> tuple[str, ...]:
        return tuple(sorted({name for name, _ in self.stored}))

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        return tuple(self.version(*key) for key in sorted(self.stored, reverse=True) if key[0] == model)

    def version(self, model: str, version: str) -> RegisteredVersion:
        if (model, version) not in self.stored:
            raise ModelNotFoundError("QTS-MODEL-001", "no such version", where=model, found=version)
        aliases = tuple(sorted(a for (m, a), v in self.aliases.items() if (m, v) == (model, version)))
        return replace(self.stored[model, version], aliases=aliases)

    def by_alias(self, model: str, alias: str) -> RegisteredVersion | None:
        version = self.aliases.get((model, alias))
        return None if version is None else self.version(model, version)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        self.aliases[model, alias] = version

    def remove_alias(self, model: str, alias: str) -> None:
        self.aliases.pop((model, alias), None)

    def set_tags(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        known = self.stored[model, version]
        self.stored[model, version] = replace(known, tags={**known.tags, **tags})

    def download(self, model: str, version: str) -> dict[str, bytes]:
        return self.files[model, version]


class Ticks:
    """A clock that moves a second at each look."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def memory_tools(registry: MemoryRegistry | None = None) -> ResearchTools:
    """Return tools that keep everything in memory."""
    outside = registry or MemoryRegistry()
    return ResearchTools(
        outside, outside, TrialLedger(MemoryTrials()), MemoryGates(), Ticks(), {"git_commit": "abc"}, seal=SEAL
    )
