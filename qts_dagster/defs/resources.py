"""The composition root of orchestration: the one place that chooses adapters (design section 2)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.code_version import code_version
from qts_core.adapters.db import Database, open_database
from qts_core.adapters.gate_key import gate_key
from qts_core.adapters.lake import Lake
from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.registry import MlflowRegistry
from qts_core.adapters.mlflow_registry.tracker import MlflowTracker
from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.data.market_source import MarketSource, default_source, recorded_source
from qts_core.features import Catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.research.approval import GateSeal
from qts_core.research.catalogues import ChosenFeatures, choose_features
from qts_core.research.ledger import TrialLedger
from qts_core.research.symbol_parts import symbol_roles
from qts_core.research.tools import ResearchTools
from qts_dagster.lib.results import Resource

__all__ = ["Platform", "research_tools"]

DAGSTER_UI = "http://127.0.0.1:3000"
MLFLOW_UI = "http://127.0.0.1:5000"
TRAINING_VIEW = "?workflowType=machine_learning"
"""MLflow opens in its view for language models unless asked otherwise."""


class Platform(Resource):
    """Settings, lake, database and registry of one `QTS_HOME`."""

    home: str = Field(default="", description="Folder that holds everything; empty takes QTS_HOME, by default .qts.")

    @property
    def settings(self) -> Settings:
        """Effective settings (environment over .env over YAML over defaults)."""
        return _settings(self.home)

    @property
    def lake(self) -> Lake:
        """The Parquet lake; every read of a run reads, so that its checks see what is on the disk."""
        return Lake(self.settings.lake_dir)

    @property
    def calendar(self) -> TradingCalendar:
        """XNYS."""
        return xnys()

    @property
    def roles(self) -> SymbolRoles:
        """The part that each symbol of the market plays for the features."""
        return symbol_roles(self.settings.universe, self.lake, self.source().symbols)

    @property
    def chosen(self) -> ChosenFeatures:
        """The features that are computed, and those that are switched off because no symbol plays their roles."""
        return choose_features(self.settings.features, self.roles)

    @property
    def catalogue(self) -> Catalogue:
        """The features that are computed."""
        return self.chosen.catalogue

    def source(self) -> MarketSource:
        """Return the lake's market; a new lake will get the default synthetic one."""
        return recorded_source(self.lake) or default_source()

    def database(self) -> Database:
        """Open the database; use it as a context."""
        return open_database(self.settings.database.url)

    @property
    def runs_page(self) -> str:
        """The address of all experiments in the MLflow UI."""
        return f"{self._mlflow}/#/experiments{TRAINING_VIEW}"

    @property
    def _mlflow(self) -> str:
        """The tracking server's address, else that of `make dev`."""
        uri = self.settings.mlflow.tracking_uri
        return uri.rstrip("/") if uri.startswith("http") else MLFLOW_UI

    def registry_page(self, model: str, version: str) -> str:
        """Return the address of a model version in the MLflow UI."""
        return f"{self._mlflow}/#/models/{model}/versions/{version}{TRAINING_VIEW}"

    @property
    def assets_page(self) -> str:
        """The address of assets in the Dagster UI of `make dev`."""
        return f"{DAGSTER_UI}/assets"

    def run_page(self, run_id: str) -> str:
        """Return the address of a run in the Dagster UI of `make dev`."""
        return f"{DAGSTER_UI}/runs/{run_id}"

    def reports(self) -> Path:
        """Return the folder of finished reports."""
        folder = self.settings.reports_dir
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def research_tools(platform: Platform, database: Database, *, run_id: str = "") -> ResearchTools:
    """Return what research needs from outside; runs and versions carry the market and the Dagster run as tags."""
    settings = platform.settings
    connection = MlflowConnection(settings.mlflow.tracking_uri, artifact_root=settings.mlflow.artifact_root)
    tags = {"git_commit": code_version(), "market": platform.source().origin}
    if run_id:
        tags["dagster_run_id"] = run_id
    return ResearchTools(
        tracker=MlflowTracker(connection),
        registry=MlflowRegistry(connection),
        ledger=TrialLedger(database.trials),
        gates=database.gates,
        now=SystemClock().now,
        tags=tags,
        seal=GateSeal(gate_key(settings)),
    )


@lru_cache(maxsize=4)
def _settings(home: str) -> Settings:
    return load_settings(home=home or None).settings
