"""The members of a configured ensemble, as a training set remembers them (specification 9.1, 15.3)."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from qts_core.config.models import ModelSettings
from qts_core.config.settings import Settings
from qts_core.features.roles import SymbolRoles
from qts_core.market.errors import InvalidConfigError
from qts_core.research.catalogues import model_catalogue

__all__ = ["ENSEMBLE", "MemberRecipe", "members_of", "resolved"]

ENSEMBLE = "ensemble"


class MemberRecipe(BaseModel):
    """One member: its own entry of models.yaml, and the features of the ensemble that it does not see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    settings: ModelSettings
    left_out: tuple[str, ...] = ()


def resolved(settings: Settings, chosen: ModelSettings) -> ModelSettings:
    """Return the entry with the common `ensemble:` part of models.yaml where it has none of its own."""
    if chosen.type != ENSEMBLE or chosen.ensemble is not None:
        return chosen
    return chosen.model_copy(update={"ensemble": settings.models.ensemble})


def members_of(
    settings: Settings, key: str, *, names: Collection[str] = (), roles: SymbolRoles | None = None
) -> tuple[MemberRecipe, ...]:
    """Return the members of the ensemble `key`, none of another model.

    Parameters
    ----------
    names : collection of str, optional
        Features of the ensemble; a member sees those of them that its own entry asks for.
    roles : SymbolRoles, optional
        The parts that the symbols play.

    Raises
    ------
    InvalidConfigError
        QTS-MODEL-051 if a member is no entry.
    """
    chosen, found = settings.models.models[key], []
    for member in chosen.members:
        if member not in settings.models.models:
            raise InvalidConfigError(
                "QTS-MODEL-051", "a member of an ensemble is no model", where=f"models.yaml {key} members",
                found=member, expected=", ".join(sorted(set(settings.models.models) - {key})),
                fix="name one of them, or add an entry",
            )  # fmt: skip
        seen = set(model_catalogue(settings, member, roles).names) if names else set()
        left_out = tuple(name for name in names if name not in seen)
        found.append(MemberRecipe(key=member, settings=settings.models.models[member], left_out=left_out))
    return tuple(found)
