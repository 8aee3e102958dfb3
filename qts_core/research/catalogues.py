"""Which features there are and which are computed: decided here, once, for research and daemon (specification 6).

A feature is computed when features.yaml asks for it, by group or in a file of one's own, and a symbol of the lake plays
every role that it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType

from qts_core.adapters.own_features import OwnFile, load_own_file
from qts_core.config.features import FeaturesSettings
from qts_core.config.settings import Settings
from qts_core.features import Catalogue, FeatureSpec, default_catalogue
from qts_core.features.catalogue import shipped_catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.market.errors import InvalidConfigError

__all__ = [
    "ChosenFeatures",
    "catalogue_for",
    "choose_features",
    "known_catalogue",
    "model_catalogue",
    "own_catalogue",
    "own_places",
]

ALL = "all"


@dataclass(frozen=True, slots=True)
class ChosenFeatures:
    """What features.yaml asks for.

    Attributes
    ----------
    catalogue : Catalogue
        What is computed.
    off : mapping of str to tuple of str
        What is asked for and switched off: by feature, the roles that no symbol plays.
    known, own : Catalogue
        Every feature that there is, and those of one's own files.
    """

    catalogue: Catalogue
    off: Mapping[str, tuple[str, ...]]
    known: Catalogue
    own: Catalogue

    def sentence(self) -> str:
        """Return what is switched off and why; empty when nothing is."""
        if not self.off:
            return ""
        roles = Counter(role for missing in self.off.values() for role in missing)
        return f"{len(self.off)} features are switched off: no symbol plays {', '.join(sorted(roles))}"


def own_catalogue(settings: FeaturesSettings) -> Catalogue:
    """Return the features of one's own files, in the order of the files.

    Raises
    ------
    MissingConfigError, InvalidConfigError
        QTS-FEAT-010 to 017: a file is missing or wrong, or a name is taken.
    """
    return _own(tuple(load_own_file(entry) for entry in settings.own))


def own_places(settings: FeaturesSettings) -> Mapping[str, str]:
    """Return file and line of every own feature."""
    files = [load_own_file(entry) for entry in settings.own]
    return {each.spec.name: f"{file.path}:{each.line}" for file in files for each in file.declared}


def known_catalogue(settings: FeaturesSettings) -> Catalogue:
    """Return every feature that there is: those of QTS, then one's own; models find theirs here by name."""
    own = own_catalogue(settings)
    return Catalogue([*shipped_catalogue(), *own]) if len(own) else shipped_catalogue()


def choose_features(settings: FeaturesSettings, roles: SymbolRoles | None = None) -> ChosenFeatures:
    """Return what is computed of what features.yaml asks for, and what is switched off.

    Parameters
    ----------
    settings : FeaturesSettings
        `all` among the groups is the whole default catalogue; own features need not be named.
    roles : SymbolRoles, optional
        The parts that the symbols play; without it none plays any.
    """
    known, own = known_catalogue(settings), own_catalogue(settings)
    groups = [group for group in settings.groups if group != ALL]
    is_all = ALL in settings.groups or not (groups or own.names)
    names = {*own.names, *(default_catalogue().names if is_all else ())}
    names |= set(known.subset(groups=groups).names if groups else ())
    asked = known.subset(names=sorted(names), exclude=_matching(names, settings.exclude))
    played = set() if roles is None else set(roles.columns)
    missing = {spec.name: tuple(role for role in spec.roles if role not in played) for spec in asked}
    off = {name: roles for name, roles in missing.items() if roles}
    return ChosenFeatures(asked.readable(played), MappingProxyType(off), known, own)


def catalogue_for(settings: FeaturesSettings, roles: SymbolRoles | None = None) -> Catalogue:
    """Return what is computed, in the order of the columns; see :func:`choose_features`."""
    return choose_features(settings, roles).catalogue


def model_catalogue(settings: Settings, key: str, roles: SymbolRoles | None = None) -> Catalogue:
    """Return the features of model `key`: a part of what is computed, in the same order; maybe none."""
    wanted, computed = settings.models.models[key].features, catalogue_for(settings.features, roles)
    groups = tuple(computed.groups) if ALL in wanted.groups else tuple(wanted.groups)
    return computed.subset(groups=groups, exclude=_matching(computed.names, wanted.exclude))


@lru_cache(maxsize=8)
def _own(files: tuple[OwnFile, ...]) -> Catalogue:
    """Join what files declare; a name that is taken is refused with the line that takes it again."""
    taken = {spec.name: "the catalogue of QTS" for spec in shipped_catalogue()}
    specs: list[FeatureSpec] = []
    for file in files:
        for each in file.declared:
            place = f"{file.path}:{each.line}"
            if each.spec.name in taken:
                raise InvalidConfigError(
                    "QTS-FEAT-012", "The name of an own feature is taken.", where=place, found=each.spec.name,
                    expected=f"another name; {taken[each.spec.name]} has this one", fix="rename it",
                )  # fmt: skip
            taken[each.spec.name] = place
            specs.append(each.spec)
    return Catalogue(specs)


def _matching(names: Collection[str], patterns: Sequence[str]) -> list[str]:
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
