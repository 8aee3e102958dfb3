"""Semantic versions of models, by what changed since the last registered one (specification 7.3).

MAJOR: whoever reads the model must be looked at again: what goes in (features) or comes out (target, horizon, task,
length of a bar). MINOR: another way to learn the same thing (kind, configuration, universe, libraries). PATCH: the same
way on other data, or by other code. The same version again means: nothing that is known of has changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qts_core.models.manifest import Manifest

__all__ = ["FIRST_VERSION", "Outline", "SemanticVersion", "Step", "next_version"]

PATTERN = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)
UNCOMMITTED = ".dirty"
"""Ends the name of code that was changed after its commit: two of the same name need not be the same."""
SHOWN = 3
"""Most changes named in a sentence."""


class SemanticVersion(NamedTuple):
    """MAJOR.MINOR.PATCH; ordered."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> SemanticVersion | None:
        """Read ``"1.4.2"``; None if it is nothing of the kind."""
        found = PATTERN.fullmatch(text)
        return None if found is None else cls(*map(int, found.groups()))

    def __str__(self) -> str:
        """Return ``"1.4.2"``."""
        return f"{self.major}.{self.minor}.{self.patch}"


FIRST_VERSION = SemanticVersion(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a model before it is trained, and what a version says of it.

    Attributes
    ----------
    contract : mapping of str to str
        What goes in and comes out.
    method : mapping of str to str
        How it learns.
    material : mapping of str to str
        What it learns from, and by which code.
    """

    contract: Mapping[str, str]
    method: Mapping[str, str]
    material: Mapping[str, str]

    @classmethod
    def of(cls, manifest: Manifest, *, code: str) -> Outline:
        """Return the outline of a bundle that was trained by `code`."""
        span = manifest.training
        configuration = dict(manifest.configuration) or {
            f"parameter.{k}": str(v) for k, v in manifest.parameters.items()
        }
        return cls.made(
            catalogue_hash=manifest.catalogue_hash, target=manifest.target, horizon_bars=manifest.horizon_bars,
            bar_minutes=manifest.bar_minutes, task=manifest.model_type.value, kind=manifest.kind,
            configuration=configuration, symbols=span.symbols, libraries=manifest.libraries,
            training_set=span.training_set or span.data_hash, code=code,
        )  # fmt: skip

    @classmethod
    def made(
        cls, *, catalogue_hash: str, target: str, horizon_bars: int, bar_minutes: int, task: str, kind: str,
        configuration: Mapping[str, str], symbols: tuple[str, ...], libraries: Mapping[str, str], training_set: str,
        code: str,
    ) -> Outline:  # fmt: skip
        """Sort what is known of a model into the three parts of a version."""
        contract = {
            "features": catalogue_hash, "target": target, "horizon_bars": str(horizon_bars),
            "bar_minutes": str(bar_minutes), "task": task,
        }  # fmt: skip
        return cls(
            contract,
            {
                "kind": kind, "symbols": " ".join(symbols), **configuration,
                **{f"library.{k}": v for k, v in libraries.items()},
            },
            {"data": training_set, "code": code},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """The version of a new training, and the reason in one sentence."""

    version: SemanticVersion
    reason: str


def next_version(previous: SemanticVersion | None, before: Outline | None, now: Outline) -> Step:
    """Return the version of a model with the outline `now`, after one of version `previous` and outline `before`.

    Without a previous one it is 1.0.0. When the outline of the previous one is not known, the change may be anything:
    MAJOR.
    """
    if previous is None:
        return Step(FIRST_VERSION, "the first version")
    major, minor, patch = previous
    if before is None:
        return Step(SemanticVersion(major + 1, 0, 0), f"what {previous} was made of is not known any more")
    for changed, version in (
        (_changed(before.contract, now.contract), SemanticVersion(major + 1, 0, 0)),
        (_changed(before.method, now.method), SemanticVersion(major, minor + 1, 0)),
        (_changed(before.material, now.material), SemanticVersion(major, minor, patch + 1)),
    ):
        if changed:
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            return Step(version, f"since {previous}: {', '.join(changed[:SHOWN])}{more} changed")
    return Step(previous, f"nothing changed since {previous}")


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    names = sorted({*before, *now})
    return [name for name in names if before.get(name) != now.get(name) or now[name].endswith(UNCOMMITTED)]
