"""All settings in one frozen object, and the hash that goes with every decision (specification 15)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from qts_core.config.backtest import BacktestSettings
from qts_core.config.environment import AlpacaSettings, DatabaseSettings, MlflowSettings
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelsSettings
from qts_core.config.monitoring import MonitoringSettings
from qts_core.config.risk import RiskSettings
from qts_core.config.section import Folder, Section
from qts_core.config.trading import TradingSettings
from qts_core.config.universe import UniverseSettings
from qts_core.market.ids import digest

__all__ = ["SECTION_FILES", "Settings"]

SECTION_FILES: Mapping[str, tuple[str, ...]] = {
    "universe": ("universe.yaml", "symbols.yaml"),
    "features": ("features.yaml",),
    "models": ("models.yaml", "model_configs.yaml"),
    "risk": ("risk.yaml", "risk_params.yaml"),
    "backtest": ("backtest.yaml",),
    "trading": ("trading.yaml",),
    "monitoring": ("monitoring.yaml",),
}
"""The file of each section; the second name is the specification's."""

OPERATIONAL = {"mode", "live_account", "dashboard_host", "dashboard_port", "daemon", "shadows"}


class Settings(Section):
    """Every setting of QTS.

    `adapters.settings_files.load_settings` makes it from files and the environment; tests may construct it.
    Without files the universe and the models are empty and everything else has its default.
    """

    home: Folder = Path(".qts")
    """Folder of lake, databases, MLflow store, snapshots and caches; nothing is written elsewhere."""
    universe: UniverseSettings = UniverseSettings()
    """What is traded."""
    features: FeaturesSettings = FeaturesSettings()
    """Which features are computed."""
    models: ModelsSettings = ModelsSettings()
    """Which models are trained."""
    risk: RiskSettings = RiskSettings()
    """Sizing and limits."""
    backtest: BacktestSettings = BacktestSettings()
    """How strategies are tested."""
    trading: TradingSettings = TradingSettings()
    """How the daemon trades."""
    monitoring: MonitoringSettings = MonitoringSettings()
    """Logs, metrics, alerts."""
    alpaca: AlpacaSettings = AlpacaSettings()
    """The broker."""
    database: DatabaseSettings = DatabaseSettings()
    """The database."""
    mlflow: MlflowSettings = MlflowSettings()
    """The model registry."""

    @model_validator(mode="before")
    @classmethod
    def _place_under_home(cls, given: Any) -> Any:
        """Fill the addresses that follow from `home`; `given` is raw input of any shape."""
        if not isinstance(given, dict):
            return given
        home = Path(given.get("home", ".qts"))
        derived = dict(given)
        database = derived.setdefault("database", {})
        if isinstance(database, dict) and "url" not in database and not database.get("postgres_host"):
            derived["database"] = {**database, "url": f"sqlite:///{home / 'qts.db'}"}
        mlflow = derived.setdefault("mlflow", {})
        if isinstance(mlflow, dict):
            store = home / "mlflow"
            defaults = {"tracking_uri": f"sqlite:///{store / 'mlflow.db'}", "artifact_root": str(store / "artifacts")}
            derived["mlflow"] = {**defaults, **mlflow}
        return derived

    @property
    def configuration_hash(self) -> str:
        """Sha256 of every setting that can change a decision: no path, port, secret, mode or timing."""
        content: dict[str, object] = {
            name: getattr(self, name).model_dump(mode="json") for name in ("universe", "risk")
        }
        # Where own files lie changes nothing; what they declare is in the hash of the features.
        content["features"] = self.features.model_dump(mode="json", exclude={"own"})
        content["models"] = self.models.model_dump(mode="json", exclude={"model_dir", "feature_cache_dir"})
        content["trading"] = self.trading.model_dump(mode="json", exclude=OPERATIONAL)
        return digest(content)

    @property
    def lake_dir(self) -> Path:
        """Folder of the Parquet lake."""
        return self.home / "lake"

    @property
    def reports_dir(self) -> Path:
        """Folder of reports."""
        return self.home / "reports"

    @property
    def live_dir(self) -> Path:
        """Folder of the daemon's journal and state."""
        return self.home / "live"

    @property
    def model_dir(self) -> Path:
        """Folder of verified bundles."""
        return self.models.model_dir or self.home / "models"

    @property
    def feature_cache_dir(self) -> Path:
        """Folder of feature snapshots."""
        return self.models.feature_cache_dir or self.home / "features"

    def evolve(self, changes: Mapping[str, object]) -> Self:
        """Return a copy with `changes` applied and validated.

        Parameters
        ----------
        changes : mapping of str to object
            Values by dotted key, such as ``{"risk.portfolio.max_positions": 5}``.

        Raises
        ------
        pydantic.ValidationError
            If a key is unknown or a value is not allowed.
        """
        content = self.model_dump()
        for key, value in changes.items():
            *parents, name = key.split(".")
            place = content
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = value
        return type(self).model_validate(content)
