"""From the lake to what a model learns from: features, labels and the fold plan on one timeline (specification 7.3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qts_core.alphas.ml import MlAlphaSettings
from qts_core.analytics.survivorship import Survivorship
from qts_core.config.models import ModelSettings
from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import FillSettings, fills_of
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import InvalidConfigError
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.models.manifest import FeatureReference
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.ports.lake import LakePort
from qts_core.research.catalogues import choose_features, model_catalogue
from qts_core.research.ensemble_members import members_of, resolved
from qts_core.research.feature_months import feature_table
from qts_core.research.feature_store import FeatureStore
from qts_core.research.pinned_lake import Pin, PinnedLake
from qts_core.research.search.found import members_with_found_parameters, with_found_parameters
from qts_core.research.symbol_parts import parts_of, research_symbols
from qts_core.research.training_manifest import TrainingManifest
from qts_core.research.training_recipe import FEATURES, Recipe, entry_of, made_by, training_pins
from qts_core.trading.settings import core_settings
from qts_core.training.folds import FoldPlan
from qts_core.training.samples import TrainingSet
from qts_core.training.search.trading import TradingTape
from qts_core.training.trainer import TrainingEntry

__all__ = [
    "PreparedTraining",
    "TradingRules",
    "model_settings",
    "prepare_training",
    "research_symbols",
    "training_entry",
]


@dataclass(frozen=True, slots=True)
class TradingRules:
    """How scores are traded, and at what costs: those that gates judge by."""

    alpha: MlAlphaSettings
    portfolio: PortfolioSettings
    fills: FillSettings


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTraining:
    """Everything one training needs, with what a page wants to show of it.

    Attributes
    ----------
    entry : TrainingEntry
    samples : TrainingSet
    plan : FoldPlan
    panel : Panel
        The bars the samples came from.
    table : str
        Lake table of the features.
    instruments : tuple of Instrument
        The panel's columns, with their time in the universe.
    survivorship : Survivorship
        Who of them was still there at the end.
    manifest : TrainingManifest
        What the samples were made of, by file and hash.
    seconds : float
        Time it took.
    rules : TradingRules
    """

    entry: TrainingEntry
    samples: TrainingSet
    plan: FoldPlan
    panel: Panel
    table: str
    instruments: tuple[Instrument, ...]
    survivorship: Survivorship
    manifest: TrainingManifest
    seconds: float
    rules: TradingRules

    @property
    def tape(self) -> TradingTape:
        """The market under the trading rules and the costs that gates judge by; made at each call."""
        return TradingTape.of(self.panel, self.rules.alpha, self.rules.portfolio, self.rules.fills)

    @property
    def identity(self) -> str:
        """Hash of every choice: configuration, universe, features, bars and folds."""
        return _identity(self.entry, self.samples, self.plan, self.instruments)


def model_settings(settings: Settings, key: str) -> ModelSettings:
    """Return the entry `key` of models.yaml.

    Raises
    ------
    InvalidConfigError
        If there is no such model.
    """
    if key not in settings.models.models:
        raise InvalidConfigError(
            "QTS-CONF-003", "no such model", where="models.yaml", found=key,
            expected=", ".join(sorted(settings.models.models)) or "an entry under models",
            fix="name one of them, or add an entry",
        )  # fmt: skip
    return resolved(settings, settings.models.models[key])


def training_entry(settings: Settings, key: str) -> TrainingEntry:
    """Return the trainer's view of a model's configuration."""
    return entry_of(key, model_settings(settings, key), members_of(settings, key))


def prepare_training(
    lake: LakePort, settings: Settings, key: str, *, calendar: TradingCalendar, as_of: datetime | None = None
) -> PreparedTraining:
    """Read bars and features of the lake, make labels, and lay out the folds.

    Parameters
    ----------
    lake : LakePort
        With ``clean_bars`` and the features of the configured catalogue.
    key : str
        Model in models.yaml.
    as_of : datetime, optional
        Aware. Only what was known at that moment; features that were computed from later revisions are computed again
        and stored beside the others. What the lake holds now by default.

    Raises
    ------
    DataNotFoundError
        If a month of bars has no features yet, or features of other bars.
    InvalidConfigError
        QTS-FEAT-018 if none of the features that the model asks for is computed.
    TrainingError
        If there are too few sessions for one fold.
    """
    started = time.perf_counter()
    chosen = model_settings(settings, key)
    store = FeatureStore.of(lake, settings, calendar=calendar)
    features = model_catalogue(settings, key, store.roles)
    if not len(features):
        raise InvalidConfigError(
            "QTS-FEAT-018", "no feature is left for the model to learn from", where=f"models.yaml {key}",
            found=choose_features(settings.features, store.roles).sentence() or "none that features.yaml asks for",
            expected="groups of features that are computed",
            fix="name them in features.yaml, or import the bars of the auxiliary symbols",
        )  # fmt: skip
    pins = training_pins(store, features.names, as_of=as_of)
    source = PinnedLake(lake, pins)
    panel = load_panel(source, calendar=calendar, known_before=as_of)
    instruments = market_instruments(lake, settings.universe, panel.symbols)
    chosen = with_found_parameters(lake, key, chosen, panel.timeline)
    members = members_of(settings, key, names=features.names, roles=store.roles)
    recipe = Recipe(
        key, chosen, tuple(FeatureReference(name=spec.name, hash=spec.reference) for spec in features), features.hash,
        instruments, parts_of(settings.universe, instruments), as_of,
        members_with_found_parameters(lake, members, chosen, panel.timeline),
    )  # fmt: skip
    entry = entry_of(key, chosen, recipe.members)
    samples, plan, alive = made_by(recipe, source, panel)
    table = feature_table(store.catalogue)
    manifest = _manifest(recipe, pins, samples, plan, _identity(entry, samples, plan, instruments))
    samples = replace(samples, training_set=manifest.sha256)
    seconds = time.perf_counter() - started
    core, mode = core_settings(settings), settings.backtest.verdict_fill_mode
    rules = TradingRules(core.alpha, core.portfolio, fills_of(settings.backtest, mode))
    return PreparedTraining(entry, samples, plan, panel, table, instruments, alive, manifest, seconds, rules)


def _identity(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, instruments: Sequence[Instrument]) -> str:
    return digest(
        {
            **entry.as_dict(),
            "catalogue": samples.catalogue_hash,
            "data": samples.data_hash,
            "folds": plan.hash,
            "universe": [(i.symbol, str(i.member_from), str(i.member_to), i.role) for i in instruments],
        }
    )


def _manifest(
    recipe: Recipe, pins: Sequence[Pin], samples: TrainingSet, plan: FoldPlan, identity: str
) -> TrainingManifest:
    return TrainingManifest(
        model=recipe.key,
        target=recipe.settings.target,
        settings=recipe.settings,
        members=recipe.members,
        as_of=recipe.as_of,
        features=recipe.features,
        table=FEATURES,
        instruments=tuple(instrument.to_json() for instrument in recipe.instruments),
        parts=recipe.parts,
        pins=tuple(pin.to_json() for pin in pins),
        identity=identity,
        catalogue_hash=recipe.catalogue_hash,
        data_hash=samples.data_hash,
        plan_hash=plan.hash,
        samples_hash=samples.hash,
        samples=len(samples),
        folds=len(plan.folds),
        overlap=plan.overlap(samples),
    )
