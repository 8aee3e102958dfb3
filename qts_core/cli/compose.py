"""Composition for research: chooses the adapters behind lake, tracker, registry, ledger and gate records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from qts_core.adapters.code_version import code_version
from qts_core.adapters.db import open_database
from qts_core.adapters.gate_key import gate_key
from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.cache import shared_cache
from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.registry import MlflowRegistry
from qts_core.adapters.mlflow_registry.tracker import MlflowTracker
from qts_core.config.settings import Settings
from qts_core.research.approval import GateSeal
from qts_core.research.ledger import TrialLedger
from qts_core.research.tools import ResearchTools

__all__ = ["open_lake", "research_tools"]


def open_lake(settings: Settings) -> Lake:
    """Return the lake under QTS_HOME, hot months in memory."""
    return Lake(settings.lake_dir, cache=shared_cache(settings.monitoring.storage.cache_bytes))


@contextmanager
def research_tools(settings: Settings, *, tags: Mapping[str, str] | None = None) -> Iterator[ResearchTools]:
    """Open what research steps need, and close it afterwards.

    Parameters
    ----------
    settings : Settings
        Names database, MLflow store and artefact root.
    tags : mapping of str to str, optional
        Put on every run and version beside the code version, such as ``dagster_run_id``.
    """
    connection = MlflowConnection(settings.mlflow.tracking_uri, artifact_root=settings.mlflow.artifact_root)
    with open_database(settings.database.url) as database:
        yield ResearchTools(
            tracker=MlflowTracker(connection),
            registry=MlflowRegistry(connection),
            ledger=TrialLedger(database.trials),
            gates=database.gates,
            now=lambda: datetime.now(UTC),  # noqa: TID251 - a composition root may ask the wall clock
            tags={"git_commit": code_version(), **(tags or {})},
            seal=GateSeal(gate_key(settings)),
        )
