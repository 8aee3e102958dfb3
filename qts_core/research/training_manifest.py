"""The manifest of a training set: everything a model saw, by file and by hash, under its own hash (specification 7.3).

A manifest never changes: its name in the lake is the sha256 of its content. It names the files of bars, actions and
features, so the very same samples can be made again from it alone; see :mod:`qts_core.research.training_sets`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from qts_core.config.models import ModelSettings
from qts_core.market.errors import DataCorruptionError, DataNotFoundError
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.models.manifest import FeatureReference
from qts_core.ports.lake import LakePort, LakeReader
from qts_core.research.ensemble_members import MemberRecipe
from qts_core.research.pinned_lake import Pin

if TYPE_CHECKING:
    from qts_core.research.preparation import PreparedTraining

__all__ = ["FOLDER", "TrainingManifest", "load_manifest", "manifest_blob", "read_manifest", "save_manifest"]

FORMAT = 1
FOLDER = "training_sets"
DIGITS = 64


class TrainingManifest(BaseModel):
    """A training set by its files and hashes.

    Attributes
    ----------
    model : str
        Key in models.yaml.
    settings : ModelSettings
        The model's entry: target, folds, everything that decides about samples.
    members : tuple of MemberRecipe
        Of an ensemble: the entries of its members; empty else.
    as_of : datetime or None
        Only what was known at that moment; None for everything known when it was made.
    features : tuple of FeatureReference
        In the order of the columns, each with the hash of its expression.
    table : str
        Name under which the months of features are pinned.
    instruments : tuple of mapping
        The panel's columns, with role and time in the universe.
    parts : tuple of (str, str, str)
        Symbol, sector and role, as the features took them; empty when none is auxiliary.
    pins : tuple of mapping
        Months of bars, corporate actions and features with their files, sha256 and lineage.
    identity, catalogue_hash, data_hash, plan_hash, samples_hash : str
        Of all choices; of the catalogue; of the bars; of the folds; of every sample, bit for bit.
    samples, folds : int
    overlap : int
        Training labels that reach into a test fold; must be 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    model: str
    target: str
    settings: ModelSettings
    members: tuple[MemberRecipe, ...] = ()
    as_of: datetime | None
    features: tuple[FeatureReference, ...]
    table: str
    instruments: tuple[Mapping[str, Any], ...]
    parts: tuple[tuple[str, str, str], ...]
    pins: tuple[Mapping[str, Any], ...]
    identity: str
    catalogue_hash: str
    data_hash: str
    plan_hash: str
    samples_hash: str
    samples: int
    folds: int
    overlap: int

    @property
    def sha256(self) -> str:
        """Identity of the training set."""
        return digest(self.to_bytes())

    @property
    def pinned(self) -> tuple[Pin, ...]:
        """The months it was made of."""
        return tuple(Pin.from_json(dict(pin)) for pin in self.pins)

    @property
    def files(self) -> frozenset[str]:
        """Paths, below the lake's root, of every file it was made of."""
        return frozenset(file for pin in self.pinned for file in pin.files)

    @property
    def columns(self) -> tuple[Instrument, ...]:
        """The panel's columns."""
        return tuple(Instrument.from_json(instrument) for instrument in self.instruments)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of the panel's columns."""
        return tuple(str(instrument["symbol"]) for instrument in self.instruments)

    def to_bytes(self) -> bytes:
        """Return canonical JSON."""
        return (json.dumps(self.model_dump(mode="json"), sort_keys=True, indent=1, allow_nan=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> TrainingManifest:
        """Read what :meth:`to_bytes` wrote.

        Raises
        ------
        DataCorruptionError
            If it is not a manifest.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            raise DataCorruptionError(
                "QTS-FEAT-028", "the manifest of a training set cannot be read",
                where=f"{where} {'.'.join(str(part) for part in first['loc'])}", found=first["msg"],
                expected=f"a manifest of format {FORMAT}", fix="restore it from a backup, or train again",
            ) from error  # fmt: skip


def manifest_blob(sha256: str) -> str:
    """Return the blob that holds the manifest of that hash."""
    return f"{FOLDER}/{sha256}.json"


def save_manifest(lake: LakePort, prepared: PreparedTraining) -> TrainingManifest:
    """Write the manifest of `prepared` under its hash, remember it as the model's newest, and return it."""
    manifest = prepared.manifest
    lake.write_blob(manifest_blob(manifest.sha256), manifest.to_bytes())
    lake.write_blob(_newest(manifest.model), manifest.sha256.encode())
    return manifest


def load_manifest(lake: LakeReader, model: str) -> TrainingManifest:
    """Return the newest manifest of a model.

    Raises
    ------
    DataNotFoundError
        If its training set was never made.
    """
    if not lake.has_blob(_newest(model)):
        raise _no_set(f"the training set of {model}")
    return read_manifest(lake, lake.read_blob(_newest(model)).decode())


def read_manifest(lake: LakeReader, sha256: str) -> TrainingManifest:
    """Return the manifest of that hash; its first digits are enough where they name one alone.

    Raises
    ------
    DataNotFoundError
        If there is none, or several begin with these digits.
    DataCorruptionError
        If its bytes are not those that were written.
    """
    name = manifest_blob(sha256)
    if len(sha256) < DIGITS:
        found = [blob for blob in lake.blobs(FOLDER) if blob.startswith(f"{FOLDER}/{sha256}")]
        if len(found) != 1:
            raise _no_set(sha256 if not found else f"{sha256}, with which {len(found)} begin")
        (name,) = found
    elif not set(sha256) <= set("0123456789abcdef") or not lake.has_blob(name):
        raise _no_set(sha256)
    data = lake.read_blob(name)
    if digest(data) != name.removeprefix(f"{FOLDER}/").removesuffix(".json"):
        raise DataCorruptionError(
            "QTS-FEAT-028", "the manifest of a training set was changed", where=name,
            found=f"sha256 {digest(data)[:12]}", expected="the bytes that its name is the sha256 of",
            fix="restore it from a backup, or train again",
        )  # fmt: skip
    return TrainingManifest.from_bytes(data, name)


def _no_set(found: str) -> DataNotFoundError:
    return DataNotFoundError(
        "QTS-FEAT-029", "there is no such training set", where=FOLDER, found=found,
        expected="a hash of `qts features datasets list`", fix="run `qts train`, or materialise it in Dagster",
    )  # fmt: skip


def _newest(model: str) -> str:
    return f"training/{model}_set.json"
