"""What is asked of the training of an ensemble: its members and how they are combined (specification 9.1, 15.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qts_core.config.ensembles import EnsembleSettings
from qts_core.targets import TargetKind

if TYPE_CHECKING:
    from qts_core.training.entry import TrainingEntry

__all__ = ["EnsembleEntry", "MemberEntry"]


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """One member.

    Attributes
    ----------
    entry : TrainingEntry
        As it would be trained alone.
    left_out : frozenset of str
        Features of the ensemble that it does not see.
    """

    entry: TrainingEntry
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EnsembleEntry:
    """The members, and how they are combined."""

    members: tuple[MemberEntry, ...]
    settings: EnsembleSettings

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ValueError("an ensemble has at least two members")
        # a regime is a weight or a gate, never a base score (checklist X-32)
        targets = {m.entry.key: m.entry.target for m in self.members}
        unfit = [key for key, t in targets.items() if t.kind is TargetKind.REGIME or not t.spec.is_return]
        if unfit:
            raise ValueError(f"{', '.join(unfit)} says nothing of the return; such a model is no base score")
        if nested := [m.entry.key for m in self.members if m.entry.ensemble is not None]:
            raise ValueError(f"{', '.join(nested)} is an ensemble itself")

    def in_fold(self, fold: int) -> EnsembleEntry:
        """Return the ensemble with each member as the fold of that index trains it."""
        return replace(self, members=tuple(replace(m, entry=m.entry.in_fold(fold)) for m in self.members))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of models that a bundle of it holds."""
        meta = ("xgboost",) if self.settings.meta_learner == "xgboost" else ()
        return tuple(dict.fromkeys((*(m.entry.kind for m in self.members), *meta)))

    def as_dict(self) -> dict[str, str]:
        """Return every choice as text, for trackers and for the identity of a trial."""
        chosen = {f"ensemble.{name}": str(value) for name, value in self.settings.model_dump(mode="json").items()}
        for member in self.members:
            own = member.entry.as_dict() | {"left_out": ", ".join(sorted(member.left_out))}
            chosen |= {f"member.{member.entry.key}.{name}": value for name, value in own.items() if value}
        return chosen
