"""Ledger, gate records and registry of one rehearsal, in memory: nothing of it belongs among a user's own trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from qts_core.market.errors import ModelNotFoundError
from qts_core.ports.registry import RegisteredVersion, TrackedRun, TrainingRecord
from qts_core.ports.research_store import GateRecord, TrialRecord
from qts_core.research.approval import GateSeal
from qts_core.research.ledger import TrialLedger
from qts_core.research.tools import ResearchTools

__all__ = ["MemoryGates", "MemoryRegistry", "MemoryTrials", "rehearsal_tools"]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""A rehearsal has no date: the same seed gives the same records."""


class MemoryTrials:
    """Rows of the ledger."""

    def __init__(self) -> None:
        self._rows: list[TrialRecord] = []

    def append(self, link: Callable[[TrialRecord | None], TrialRecord]) -> TrialRecord:
        """Store what `link` makes of the last row."""
        self._rows.append(link(self.last()))
        return self._rows[-1]

    def last(self) -> TrialRecord | None:
        """Return the last row, or None."""
        return self._rows[-1] if self._rows else None

    def all(self, model: str | None = None) -> Sequence[TrialRecord]:
        """Return every row, of one model or of all."""
        return tuple(row for row in self._rows if model in {None, row.model})

    def count(self, model: str | None = None) -> int:
        """Return how many rows there are."""
        return len(self.all(model))


class MemoryGates:
    """Gate records, the newest last."""

    def __init__(self) -> None:
        self._records: list[GateRecord] = []

    def add(self, record: GateRecord) -> None:
        """Store `record`."""
        self._records.append(record)

    def latest(self, model: str, version: str) -> GateRecord | None:
        """Return the newest record of a version, or None."""
        found = [r for r in self._records if (r.model, r.version) == (model, version)]
        return found[-1] if found else None

    def by_bundle(self, bundle_sha256: str) -> GateRecord | None:
        """Return the newest record of a bundle, or None."""
        found = [r for r in self._records if r.bundle_sha256 == bundle_sha256]
        return found[-1] if found else None

    def all(self, model: str | None = None) -> Sequence[GateRecord]:
        """Return every record, of one model or of all."""
        return tuple(r for r in self._records if model in {None, r.model})


class MemoryRegistry:
    """Tracker and registry in one: versions with their tags and aliases; runs are not kept."""

    def __init__(self) -> None:
        self._versions: list[RegisteredVersion] = []
        self._files: dict[tuple[str, str], dict[str, bytes]] = {}

    def log_training(self, record: TrainingRecord) -> TrackedRun:
        """Register the model as a new version."""
        model, version = f"qts_{record.model}", str(len(self._versions) + 1)
        found = RegisteredVersion(model, version, record.bundle_sha256, version, EPOCH, tags=dict(record.tags))
        self._versions.append(found)
        self._files[model, version] = dict(record.files)
        return TrackedRun(version, "rehearsal", model, version)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Keep nothing: the outcome speaks for itself."""

    def log_text(self, run_id: str, name: str, text: str) -> None:
        """Keep nothing."""

    def models(self) -> tuple[str, ...]:
        """Return the registered names, sorted."""
        return tuple(sorted({v.model for v in self._versions}))

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model, newest first."""
        return tuple(v for v in reversed(self._versions) if v.model == model)

    def version(self, model: str, version: str) -> RegisteredVersion:
        """Return one version."""
        return self._versions[self._place(model, version)]

    def by_alias(self, model: str, alias: str) -> RegisteredVersion | None:
        """Return the version that carries `alias`, or None."""
        return next((v for v in self.versions(model) if alias in v.aliases), None)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Move `alias` to `version`."""
        self.remove_alias(model, alias)
        place = self._place(model, version)
        self._versions[place] = replace(self._versions[place], aliases=(*self._versions[place].aliases, alias))

    def remove_alias(self, model: str, alias: str) -> None:
        """Take `alias` away."""
        for place, found in enumerate(self._versions):
            if found.model == model:
                self._versions[place] = replace(found, aliases=tuple(a for a in found.aliases if a != alias))

    def set_tags(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version."""
        place = self._place(model, version)
        self._versions[place] = replace(self._versions[place], tags={**self._versions[place].tags, **tags})

    def download(self, model: str, version: str) -> dict[str, bytes]:
        """Return the files of a version's bundle."""
        self._place(model, version)
        return dict(self._files[model, version])

    def _place(self, model: str, version: str) -> int:
        for place, found in enumerate(self._versions):
            if (found.model, found.version) == (model, version):
                return place
        raise ModelNotFoundError("QTS-MODEL-001", "no such version", where=model, found=version)


def rehearsal_tools() -> ResearchTools:
    """Return tools whose ledger starts empty and ends with the process."""
    registry = MemoryRegistry()
    return ResearchTools(
        tracker=registry,
        registry=registry,
        ledger=TrialLedger(MemoryTrials()),
        gates=MemoryGates(),
        now=lambda: EPOCH,
        seal=GateSeal(b"a rehearsal promotes nothing"),
    )
