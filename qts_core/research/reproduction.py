"""Training a registered version again, from its own training set, and holding file against file (specification 7.3).

Equal bytes prove that data, code and environment are known completely. Where a byte differs, the difference is traced
to its cause as far as what was recorded allows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, ModelNotFoundError
from qts_core.models.bundle import ModelBundle
from qts_core.models.manifest import Manifest
from qts_core.ports.lake import LakeReader
from qts_core.ports.registry import ModelRegistry, RegisteredVersion
from qts_core.research.continuation import with_start
from qts_core.research.training_manifest import TrainingManifest, read_manifest
from qts_core.research.training_recipe import entry_of
from qts_core.research.training_sets import changed_files, rebuild
from qts_core.research.versioning import COMMIT_TAG, ENVIRONMENT_TAG, environment
from qts_core.training.trainer import Progress, train_walk_forward

__all__ = ["Cause", "Difference", "FileComparison", "Reproduction", "reproduce"]

MANIFEST = "manifest.json"


class Cause(StrEnum):
    """Where a difference comes from."""

    DATA = "data"
    CODE = "code"
    ENVIRONMENT = "environment"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why the bytes are, or may be, others."""

    cause: Cause
    text: str

    @property
    def line(self) -> str:
        """Return ``"environment: python was 3.11.9, is 3.12.1"``."""
        return f"{self.cause}: {self.text}"


@dataclass(frozen=True, slots=True)
class FileComparison:
    """A file of the bundle by its sha256; empty where one side has no such file."""

    name: str
    registered: str
    found: str

    @property
    def is_equal(self) -> bool:
        """Whether the bytes are the same."""
        return self.registered == self.found


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of training a version again.

    Attributes
    ----------
    model, version, semantic : str
    training_set : str
        sha256 of the training set's manifest.
    files : tuple of FileComparison
        Empty when it could not be trained again.
    differences : tuple of Difference
        Of data, code and environment between then and now; without effect on the bytes when all files are equal.
    """

    model: str
    version: str
    semantic: str
    training_set: str
    files: tuple[FileComparison, ...]
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every byte came out again."""
        return bool(self.files) and all(file.is_equal for file in self.files)

    @property
    def is_data_lost(self) -> bool:
        """Whether the data of then is no longer there."""
        return any(difference.cause is Cause.DATA for difference in self.differences)


def reproduce(
    lake: LakeReader, registry: ModelRegistry, version: RegisteredVersion, *, calendar: TradingCalendar, code: str,
    progress: Progress | None = None,
) -> Reproduction:  # fmt: skip
    """Train a registered version again and compare it with what is registered, file by file.

    Nothing is registered, and nothing enters the ledger: the same thing again is no new trial.

    Parameters
    ----------
    lake : LakeReader
        Holds the training set that the bundle names.
    registry : ModelRegistry
    version : RegisteredVersion
    calendar : TradingCalendar
    code : str
        Which code runs now, as versions are tagged with it.
    progress : callable, optional
        Told (what, done, total) after each fitted model.

    Raises
    ------
    ModelNotFoundError
        If the bundle cannot be had, or names no training set.
    ModelLoadError
        If the registered bundle is damaged.
    """
    bundle = ModelBundle(registry.download(version.model, version.version))
    bundle.verify()
    then = bundle.manifest
    if not then.training.training_set:
        raise ModelNotFoundError(
            "QTS-MODEL-077", "the bundle names no training set", where=f"{version.model} version {version.version}",
            expected="a bundle that was trained from a training set", fix="train it anew, then it can be trained again",
        )  # fmt: skip
    differences = [*_surroundings(version, then, code)]
    files: tuple[FileComparison, ...] = ()
    again, lost = _trained_again(lake, registry, then, calendar, progress)
    if again is not None:
        files = _compared(bundle, again)
        if not differences and not all(file.is_equal for file in files):
            lost.append(_unexplained(then, again.manifest))
    return Reproduction(
        version.model, version.version, then.version, then.training.training_set, files, (*lost, *differences)
    )


def _trained_again(
    lake: LakeReader, registry: ModelRegistry, then: Manifest, calendar: TradingCalendar, progress: Progress | None
) -> tuple[ModelBundle | None, list[Difference]]:
    """Return the bundle that comes of the training set now, or None with what is in the way."""
    try:
        stored = read_manifest(lake, then.training.training_set)
    except (DataNotFoundError, DataCorruptionError) as error:
        return None, [Difference(Cause.DATA, error.line())]
    if changed := changed_files(lake, stored):
        return None, [Difference(Cause.DATA, f"{each.file}: {each.problem}") for each in changed]
    try:
        return _trained(lake, registry, stored, then, calendar, progress), []
    except DataCorruptionError as error:
        # Every file is what it was, so it is the code that makes something else of them.
        return None, [Difference(Cause.CODE, error.line())]


def _trained(
    lake: LakeReader,
    registry: ModelRegistry,
    stored: TrainingManifest,
    then: Manifest,
    calendar: TradingCalendar,
    progress: Progress | None,
) -> ModelBundle:
    samples, plan = rebuild(lake, stored, calendar=calendar)
    # Settings that came since have their defaults in what was read, so its own hash is no longer the name it has.
    samples = replace(samples, training_set=then.training.training_set)
    entry = replace(entry_of(stored.model, stored.settings, stored.members), version=then.version)
    entry = with_start(entry, stored.settings, samples, registry)
    return train_walk_forward(entry, samples, plan, progress=progress).bundle


def _compared(registered: ModelBundle, again: ModelBundle) -> tuple[FileComparison, ...]:
    names = sorted({*registered.files, *again.files})
    return tuple(FileComparison(name, _sha256(registered, name), _sha256(again, name)) for name in names)


def _sha256(bundle: ModelBundle, name: str) -> str:
    return hashlib.sha256(bundle.files[name]).hexdigest() if name in bundle.files else ""


def _surroundings(version: RegisteredVersion, then: Manifest, code: str) -> Iterator[Difference]:
    """Yield what of environment and code is not what it was."""
    before = {**then.libraries, **json.loads(version.tags.get(ENVIRONMENT_TAG, "{}"))}
    now = environment(then.kind)
    for name in sorted({*before, *now} if ENVIRONMENT_TAG in version.tags else before):
        if before.get(name) != now.get(name):
            text = f"{name} was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
            yield Difference(Cause.ENVIRONMENT, text)
    commit = version.tags.get(COMMIT_TAG, "")
    if commit != code:
        yield Difference(Cause.CODE, f"trained by {commit or 'an unknown commit'}, this is {code}")
    elif code.endswith(".dirty"):
        yield Difference(Cause.CODE, f"{code} holds changes that no commit names, then and now")


def _unexplained(then: Manifest, now: Manifest) -> Difference:
    """Return the difference that nothing recorded accounts for, with the entries of the manifest that show it."""
    before, after = then.model_dump(mode="json"), now.model_dump(mode="json")
    changed = [name for name in before if name != "files" and before[name] != after.get(name)]
    shown = f"the manifest differs in {', '.join(changed)}" if changed else "the manifest is the same but for checksums"
    return Difference(
        Cause.UNKNOWN, f"{shown}; data, code and libraries are the same: the processor, or training that is not "
        "deterministic",
    )  # fmt: skip
