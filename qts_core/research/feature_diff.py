"""What two sets of features have and have not in common: catalogues, models, bundles, settings, versions at a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from qts_core.config.settings import Settings
from qts_core.features import CATALOGUES, Catalogue
from qts_core.features.documentation import formula_lines
from qts_core.features.roles import ROLES, SymbolRoles
from qts_core.market.errors import InvalidConfigError
from qts_core.market.time import trading_day
from qts_core.models.bundle import ModelBundle
from qts_core.models.manifest import Manifest
from qts_core.ports.lake import LakePort
from qts_core.ports.registry import ModelRegistry, RegisteredVersion
from qts_core.research.catalogues import choose_features, known_catalogue, model_catalogue, own_catalogue

__all__ = ["SIDES", "Changed", "FeatureDiff", "Side", "compare", "side_of"]

SIDES = (
    "default, alpha158, own, computed, known, a model of models.yaml, MODEL@VERSION, MODEL@ALIAS, MODEL@YYYY-MM-DD, "
    "a bundle's folder, a folder of settings, or eight digits of a catalogue's hash"
)
"""What can be compared, in words."""

HASH = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MANIFEST = "manifest.json"
SETTINGS = "features.yaml"


@dataclass(frozen=True, slots=True)
class Side:
    """One set of features.

    Attributes
    ----------
    title : str
        What it is, in words.
    versions : mapping of str to str
        Hash of each feature's expression, eight characters; empty where only the name is known.
    formulas : mapping of str to tuple of str
        Formula of each feature whose expression is known.
    """

    title: str
    versions: Mapping[str, str]
    formulas: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """A feature that both sides have under one name, computed otherwise; a formula that is not known is empty."""

    name: str
    versions: tuple[str, str]
    formulas: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FeatureDiff:
    """What the second side has more, less and otherwise than the first.

    Attributes
    ----------
    added, removed : tuple of str
    changed : tuple of Changed
    same : int
        How many are computed alike.
    unknown : int
        How many have one name, but of one side nothing more is known.
    is_reordered : bool
        Whether what both have stands in another order, which gives another hash.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    same: int
    unknown: int
    is_reordered: bool

    @property
    def is_empty(self) -> bool:
        """Whether both sides are the same."""
        return not (self.added or self.removed or self.changed or self.unknown or self.is_reordered)


def compare(one: Side, other: Side) -> FeatureDiff:
    """Return what `other` has more, less and otherwise than `one`."""
    both = [name for name in one.versions if name in other.versions]
    known = [name for name in both if one.versions[name] and other.versions[name]]
    changed = tuple(
        Changed(
            name,
            (one.versions[name], other.versions[name]),
            (one.formulas.get(name, ()), other.formulas.get(name, ())),
        )
        for name in known
        if one.versions[name] != other.versions[name]
    )
    return FeatureDiff(
        tuple(name for name in other.versions if name not in one.versions),
        tuple(name for name in one.versions if name not in other.versions),
        changed,
        len(known) - len(changed),
        len(both) - len(known),
        both != [name for name in other.versions if name in one.versions],
    )


def side_of(
    text: str,
    settings: Settings,
    lake: LakePort,
    registry: Callable[[], ModelRegistry],
    read_settings: Callable[[Path], Settings],
) -> Side:
    """Return the features that `text` names; see ``SIDES``.

    Parameters
    ----------
    registry : callable
        Opens the registry; asked only where a version is named.
    read_settings : callable
        Reads a folder of settings.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-023 if it names nothing that has features.
    """
    path = Path(text)
    if path.is_dir() and (path / MANIFEST).exists():
        return of_manifest(f"bundle {path.name}", ModelBundle.load(path).manifest, settings)
    if path.is_dir() and (path / SETTINGS).exists():
        return of_catalogue(f"settings in {text}", computed(read_settings(path)))
    if text in NAMED:
        return of_catalogue(text, NAMED[text](settings))
    model, _, version = text.partition("@")
    if version:
        found = registered(registry(), model, version)
        manifest = Manifest.from_bytes(registry().download(found.model, found.version)[MANIFEST])
        return of_manifest(f"{found.model} version {found.version}", manifest, settings)
    if text in settings.models.models:
        return of_catalogue(f"{text} of models.yaml", model_catalogue(settings, text, EVERY_ROLE))
    if HASH.fullmatch(text):
        return of_hash(text, settings, lake)
    raise unknown_side(text)


EVERY_ROLE = SymbolRoles(np.ones(1, dtype=bool), {role: np.zeros(1, dtype=np.int64) for role in ROLES})
"""What is configured is compared, not which symbols the lake happens to hold."""


def computed(settings: Settings) -> Catalogue:
    """Return what features.yaml asks for."""
    return choose_features(settings.features, EVERY_ROLE).catalogue


def of_name(name: str) -> Callable[[Settings], Catalogue]:
    """Return what gives a shipped catalogue, whatever the settings."""
    return lambda settings: CATALOGUES[name]()


NAMED: Mapping[str, Callable[[Settings], Catalogue]] = MappingProxyType(
    {
        **{name: of_name(name) for name in CATALOGUES},
        "own": lambda settings: own_catalogue(settings.features),
        "computed": computed,
        "known": lambda settings: known_catalogue(settings.features),
    }
)
"""Catalogues that have a name of their own."""


def of_catalogue(title: str, catalogue: Catalogue) -> Side:
    """Return the features of a catalogue."""
    return Side(
        f"{title} ({len(catalogue)} features, {catalogue.hash[:8]})",
        {spec.name: spec.version for spec in catalogue},
        {spec.name: tuple(formula_lines(spec.expression)) for spec in catalogue},
    )


def of_manifest(title: str, manifest: Manifest, settings: Settings) -> Side:
    """Return the features of a model; formulas where the expression is the one that is known under the name now."""
    known = known_catalogue(settings.features)
    versions = {feature.name: feature.hash[:8] for feature in manifest.features}
    formulas = {
        name: tuple(formula_lines(known[name].expression))
        for name, version in versions.items()
        if name in known and known[name].version == version
    }
    return Side(f"{title} ({len(versions)} features of {manifest.catalogue_hash[:8]})", versions, formulas)


def of_hash(text: str, settings: Settings, lake: LakePort) -> Side:
    """Return the features of the catalogue with a hash: one that is known, or the columns of a table of the lake."""
    for name, make in NAMED.items():
        catalogue = make(settings)
        if catalogue.hash.startswith(text):
            return of_catalogue(name, catalogue)
    table = f"features_{text[:8]}"
    months = lake.months(table)
    if not months:
        raise unknown_side(text)
    keys = {"symbol", "ts_event", "ts_known"}
    columns = [name for name in lake.read_month(table, months[-1]).columns if name not in keys]
    return Side(f"table {table} of the lake ({len(columns)} features)", dict.fromkeys(columns, ""), {})


def registered(registry: ModelRegistry, model: str, version: str) -> RegisteredVersion:
    """Return a version by its number, by an alias, or as it was the newest on a day."""
    name = model if model.startswith("qts_") else f"qts_{model}"
    if DAY.fullmatch(version):
        end = date.fromisoformat(version) + timedelta(days=1)
        older = [each for each in registry.versions(name) if trading_day(each.created_at) < end]
        if not older:
            raise unknown_side(f"{model}@{version}")
        return max(older, key=lambda each: each.created_at)
    aliased = registry.by_alias(name, version)
    return aliased if aliased is not None else registry.version(name, version)


def unknown_side(text: str) -> InvalidConfigError:
    """Return the error of a name that has no features."""
    return InvalidConfigError(
        "QTS-FEAT-023", "nothing of that name has features", found=text, expected=SIDES,
        fix="see `qts features diff --help`",
    )  # fmt: skip
