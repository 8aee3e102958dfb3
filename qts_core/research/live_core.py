"""The core that the daemon runs, made from a bundle and settings, and made again from an epoch for replay (12.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from qts_core.config.settings import Settings
from qts_core.features import Catalogue, FeatureEngine, FeatureSpec
from qts_core.features.catalogue import shipped_catalogue
from qts_core.market.errors import ModelLoadError
from qts_core.market.instruments import Instrument
from qts_core.market.money import plain
from qts_core.market.timeline import BARS_PER_SESSION
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.ports.journal import EpochRecord, JournalReader, StoredDecision
from qts_core.research.symbol_parts import model_roles
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Hashes
from qts_core.trading.event_codec import decode_event
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import Predictor
from qts_core.trading.replay import EpochSnapshot, replay, take_epoch
from qts_core.trading.settings import core_settings

__all__ = [
    "WARM_BARS",
    "Replayed",
    "core_of_epoch",
    "epoch_record",
    "live_engine",
    "live_hashes",
    "make_core",
    "model_catalogue",
    "replay_journal",
]

WARM_BARS = 60 * BARS_PER_SESSION
"""Bars that a core sees before its first decision: over a hundred half-lives of its slowest average."""
SECTIONS = ("universe", "features", "risk", "trading")
"""What a core is built from; nothing here is secret or names a place."""


def model_catalogue(model: LoadedModel, known: Catalogue | None = None) -> Catalogue:
    """Return the features of `model`, in its order.

    Parameters
    ----------
    model : LoadedModel
    known : Catalogue, optional
        Where they are looked up: ``known_catalogue`` of the settings, which holds one's own; without it those of QTS.

    Raises
    ------
    ModelLoadError
        If a feature is unknown here or is computed otherwise than when the model was trained.
    """
    catalogue = shipped_catalogue() if known is None else known
    for wanted in model.manifest.features:
        if wanted.name not in catalogue:
            raise ModelLoadError(
                "QTS-MODEL-002", "the model reads a feature that is not there", where=wanted.name,
                found="no such feature", expected=wanted.hash,
                fix="name the file that declares it under `own` in features.yaml",
            )  # fmt: skip
        found = catalogue[wanted.name]
        if found.version != wanted.hash[: len(found.version)]:
            raise ModelLoadError(
                "QTS-MODEL-002", "the model was trained on another version of a feature", where=wanted.name,
                found=found.reference, expected=wanted.hash, fix=_remedy(found, wanted.hash),
            )  # fmt: skip
    return catalogue.subset(names=model.feature_names)


def _remedy(found: FeatureSpec, trained: str) -> str:
    if found.name in shipped_catalogue():
        return "train the model again with this code"
    kernels = {each.partition("@")[0] for each in set(found.kernels) ^ set(trained.split()[1:])}
    changed = f"its kernel {', '.join(sorted(kernels))} is" if kernels else "its expression is"
    return f"{changed} not what it was: put the file of own features back, or train the model again"


def live_engine(
    model: LoadedModel, known: Catalogue | None = None, *, instruments: Sequence[Instrument]
) -> FeatureEngine:
    """Return a fresh engine for exactly the features and symbols of `model`.

    Parameters
    ----------
    model : LoadedModel
    known : Catalogue, optional
        As :func:`model_catalogue`.
    instruments : sequence of Instrument
        When each symbol belongs to the universe; one that is not among them always does.
    """
    symbols = tuple(sorted(model.manifest.training.symbols))
    return FeatureEngine(model_catalogue(model, known), symbols, roles=model_roles(model, instruments))


def live_hashes(settings: Settings, model: LoadedModel, *, code: str, data: str) -> Hashes:
    """Return what enters every decision of a live core."""
    return Hashes(settings.configuration_hash, model.catalogue_hash, model.model_id, code, data)


def make_core(
    settings: Settings, instruments: Sequence[Instrument], predictor: Predictor, *, account: str, hashes: Hashes,
    cash: Decimal,
) -> TradingCore:  # fmt: skip
    """Return a core with the decision path that `settings` describe."""
    return TradingCore(
        core_settings(settings), instruments, predictor, account=account, strategy=settings.trading.strategy,
        hashes=hashes, cash=cash,
    )  # fmt: skip


def renewed_core(
    core: TradingCore, settings: Settings, instruments: Sequence[Instrument], *, hashes: Hashes
) -> TradingCore:
    """Return a core with the book and memory of `core` and the decision path that `settings` describe now.

    An epoch ends with the settings it began with, so that it can be replayed; the next one begins with those in force.
    """
    renewed = make_core(
        settings, instruments, core.predictor, account=core.account, hashes=hashes, cash=core.holdings.book.start_cash
    )
    renewed.restore(core.snapshot(), hashes=hashes)
    return renewed


def epoch_record(
    core: TradingCore, settings: Settings, instruments: Sequence[Instrument], *, number: int, lease_epoch: int,
    first_sequence: int, started_at: datetime, model_path: str, cash: Decimal,
) -> EpochRecord:  # fmt: skip
    """Return everything that `core` as it stands can be rebuilt from."""
    # Where own files lie is a matter of the machine.
    left_out = {"features": {"own"}}
    content = {
        "settings": {
            name: getattr(settings, name).model_dump(mode="json", exclude=left_out.get(name)) for name in SECTIONS
        },
        "instruments": [instrument.to_json() for instrument in instruments],
    }
    return EpochRecord(
        number, lease_epoch, first_sequence, started_at, core.account, core.strategy, plain(cash),
        core.predictor.symbols, model_path, core.predictor.model_id, json.dumps(asdict(core.hashes), sort_keys=True),
        json.dumps(content, sort_keys=True), take_epoch(core).to_json(),
    )  # fmt: skip


def core_of_epoch(record: EpochRecord, model: LoadedModel, known: Catalogue | None = None) -> TradingCore:
    """Return the core of an epoch as it stood when the epoch began; `known` as :func:`model_catalogue`.

    Raises
    ------
    ModelLoadError
        If `model` is not the one that traded.
    """
    if model.model_id != record.model_id:
        raise ModelLoadError(
            "QTS-MODEL-002", "another model stands where the journal says", where=record.model_path,
            found=model.model_id, expected=record.model_id, fix="put the bundle back, or pass its folder",
        )  # fmt: skip
    content = json.loads(record.settings)
    instruments = [Instrument.from_json(instrument) for instrument in content["instruments"]]
    core = make_core(
        _settings(content["settings"]), instruments,
        LivePredictor(live_engine(model, known, instruments=instruments), model),
        account=record.account, hashes=Hashes(**json.loads(record.hashes)), cash=Decimal(record.cash),
    )  # fmt: skip
    snapshot = EpochSnapshot.from_json(record.snapshot)
    core.restore(snapshot.core)
    core.predictor.restore(snapshot.predictor)
    return core


def _settings(sections: Mapping[str, object]) -> Settings:
    """Return settings whose sections are those of the epoch; JSON has lists where sections have tuples."""
    kinds = {name: type(getattr(Settings(), name)) for name in SECTIONS}
    return Settings(**{name: kinds[name].model_validate_json(json.dumps(sections[name])) for name in SECTIONS})


Replayed = tuple[Decision, StoredDecision | None]
"""A decision made again, and the one that was written."""


def replay_journal(journal: JournalReader, known: Catalogue | None = None) -> Iterator[Replayed]:
    """Make every journalled decision again, epoch by epoch, beside the one that was written.

    `known` as :func:`model_catalogue`.
    """
    epochs = list(journal.epochs())
    for record, following in zip(epochs, [*epochs[1:], None], strict=True):
        stored = journal.events(record.first_sequence, following.first_sequence if following else None)
        events = (decode_event(e.body) for e in stored if e.kind != "epoch")
        model = ModelBundle.load(Path(record.model_path)).open()
        core = core_of_epoch(record, model, known)
        for decision in replay(lambda core=core: core, None, events):  # type: ignore[misc]
            yield decision, journal.decision(decision.decision_id)
