"""What a model bundle says of itself: features, target, data, parameters, checksums (specification 7.3)."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qts_core.market.errors import ModelLoadError
from qts_core.models.base import ModelType

__all__ = ["FeatureReference", "Manifest", "TrainingSpan"]

FORMAT = 1


class FeatureReference(BaseModel):
    """A feature by name and by the hash of its expression, then its own kernels, ``name@hash``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    hash: str


class TrainingSpan(BaseModel):
    """The data that the weights were fitted on; instants are aware UTC.

    `parts` has symbol, sector and role of every symbol, those preferred first; empty when none is auxiliary.
    `training_set` is the sha256 of the manifest from which the samples can be made again; empty in earlier bundles.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: datetime
    last: datetime
    samples: int
    symbols: tuple[str, ...]
    data_hash: str
    fold_plan_hash: str
    parts: tuple[tuple[str, str, str], ...] = ()
    training_set: str = ""


class Manifest(BaseModel):
    """`manifest.json` of a bundle.

    Everything in it follows from data, parameters and seed: no wall clock, no host, so the same training gives the
    same bytes and its sha256 is the bundle's identity. `version` is semantic, see `models.semantic`; `configuration` is
    every choice of the training as text, empty in earlier bundles.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    name: str
    version: str
    kind: str
    model_type: ModelType
    target: str
    horizon_bars: int
    bar_minutes: int
    features: tuple[FeatureReference, ...]
    catalogue_hash: str
    training: TrainingSpan
    seed: int
    parameters: dict[str, bool | int | float | str]
    metrics: dict[str, float | None]
    label_scale: float
    dispersion: float | None
    libraries: dict[str, str]
    configuration: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return canonical JSON."""
        return (json.dumps(self.model_dump(mode="json"), sort_keys=True, indent=1, allow_nan=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read what `to_bytes` wrote.

        Raises
        ------
        ModelLoadError
            If it is not a manifest of a known format.
        """
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = "manifest.json " + ".".join(str(part) for part in first["loc"])
            raise ModelLoadError(
                "QTS-MODEL-002", "the manifest is damaged", where=where, found=first["msg"],
                expected=f"a manifest of format {FORMAT}", fix="fetch the bundle again",
            ) from error  # fmt: skip
        if manifest.format != FORMAT:
            raise ModelLoadError(
                "QTS-MODEL-002", "unknown bundle format", where="manifest.json format", found=manifest.format,
                expected=str(FORMAT), fix="update QTS, or train the model again",
            )  # fmt: skip
        return manifest
