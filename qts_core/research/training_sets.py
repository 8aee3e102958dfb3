"""Training sets in the lake: which there are, whether their files are whole, and making one again (spec. 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qts_core.data.ingest import load_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataCorruptionError, printable_sentence
from qts_core.ports.lake import LakeReader
from qts_core.research.pinned_lake import PinnedLake
from qts_core.research.training_manifest import FOLDER, TrainingManifest, read_manifest
from qts_core.research.training_recipe import Recipe, made_by
from qts_core.training.folds import FoldPlan
from qts_core.training.samples import TrainingSet

__all__ = ["ChangedFile", "changed_files", "rebuild", "stored_sets"]


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of a training set that is not what it was.

    Attributes
    ----------
    file : str
        Its path below the lake's root.
    problem : str
        What was found and what was expected.
    """

    file: str
    problem: str


def stored_sets(lake: LakeReader) -> Iterator[TrainingManifest]:
    """Give every training set of the lake, by hash.

    Raises
    ------
    DataCorruptionError
        If a manifest is damaged.
    """
    for blob in lake.blobs(FOLDER):
        yield read_manifest(lake, blob.removeprefix(f"{FOLDER}/").removesuffix(".json"))


def changed_files(lake: LakeReader, manifest: TrainingManifest) -> tuple[ChangedFile, ...]:
    """Read every file of a training set and return those that are gone or changed."""
    found = []
    for pin in manifest.pinned:
        for segment, file in zip(pin.partition.segments, pin.files, strict=True):
            try:
                lake.read_segment(pin.partition.table, segment)
            except DataCorruptionError as error:
                found.append(ChangedFile(file, printable_sentence(f"found {error.found}, expected {error.expected}")))
    return tuple(found)


def rebuild(lake: LakeReader, manifest: TrainingManifest, *, calendar: TradingCalendar) -> tuple[TrainingSet, FoldPlan]:
    """Make the samples and folds of a manifest again, bit for bit, whatever was written to the lake since.

    Raises
    ------
    DataCorruptionError
        If a file is gone or changed; or if all are there and this version of QTS makes other samples or folds.
    """
    source = PinnedLake(lake, manifest.pinned)
    panel = load_panel(source, calendar=calendar, known_before=manifest.as_of)
    recipe = Recipe(
        manifest.model, manifest.settings, manifest.features, manifest.catalogue_hash, manifest.columns,
        manifest.parts, manifest.as_of, manifest.members,
    )  # fmt: skip
    samples, plan, _ = made_by(recipe, source, panel)
    for what, found, expected in (
        ("bars", samples.data_hash, manifest.data_hash),
        ("samples", samples.hash, manifest.samples_hash),
        ("folds", plan.hash, manifest.plan_hash),
    ):
        if found != expected:
            raise DataCorruptionError(
                "QTS-FEAT-028", f"the files are those of then, but other {what} come of them",
                where=f"{FOLDER}/{manifest.sha256[:12]}", found=f"sha256 {found[:16]}",
                expected=f"sha256 {expected[:16]}", fix="use the version of QTS that made it, or train again",
            )  # fmt: skip
    return replace(samples, training_set=manifest.sha256), plan
