"""A search of hyperparameters for each entry of models.yaml that has a part `search`; it proposes, nothing more."""

import json
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg

from qts_core.cli.models.searching import chosen_search, mlflow_watcher, search_of
from qts_core.report.figures import bar_chart
from qts_core.research.search.outcome import Progress, TrialOutcome
from qts_core.research.search.preparing import Window
from qts_core.research.search.result import SearchResult, proposal_text, save_search
from qts_core.research.search.search import search_windows
from qts_core.research.search.summary import StudySummary
from qts_core.research.search.watching import Watchers, WordsWatcher
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import Metadata, image, number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["search_assets"]

EVERY = 10
"""Trials between two notes on the asset's page."""


class PageWatcher:
    """Notes on the asset's page while the search runs."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context

    def begun(self, window: Window, wanted: int) -> None:
        """Nothing."""

    def tried(self, window: Window, progress: Progress) -> None:
        """Note every tenth trial where a person looks for progress."""
        if progress.done % EVERY == 0:
            metadata: Metadata = {
                "window": number(window.label), "trials": number(progress.done), "wanted": number(progress.wanted),
                "best": number(progress.best),
            }  # fmt: skip
            self._context.log_event(dg.AssetObservation(asset_key=self._context.asset_key, metadata=metadata))

    def done(self, window: Window, summary: StudySummary, outcomes: tuple[TrialOutcome, ...]) -> None:
        """Nothing."""


def search_assets(platform: Platform, models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define one asset for each model of `models` that has a part `search` in models.yaml."""
    return [_search(model) for model in models if platform.settings.models.models[model].search is not None]


def _search(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"search_{model}", group_name="models", owners=owners["research"], kinds={"optuna", "mlflow"},
        tags={"layer": "gold", "spec": "7.3", "cost": "cpu"}, deps=[f"training_set_{model}"], code_version="1",
        description="Search of hyperparameters on inner folds, net of costs; every trial is in the ledger. What it "
        "proposes takes effect only where models.yaml says so.",
    )  # fmt: skip
    def searched(context: dg.AssetExecutionContext, platform: Platform) -> AssetResult:
        settings = platform.settings
        chosen = chosen_search(settings, model)
        limit = None if chosen.timeout_minutes is None else time.monotonic() + 60.0 * chosen.timeout_minutes
        watcher = Watchers((WordsWatcher(context.log.info), PageWatcher(context), mlflow_watcher(settings, model)))
        with search_of(
            settings, model, chosen, stop=lambda: limit is not None and time.monotonic() > limit, watcher=watcher
        ) as (searching, identity):
            result = search_windows(searching, identity)
        if result is None:
            raise dg.Failure("the time limit of the search has passed; materialise it again to go on")
        save_search(platform.lake, result)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([result.to_json()])),
            metadata={"mlflow": dg.MetadataValue.url(platform.runs_page), **_metadata(result)},
        )

    return searched


def _metadata(result: SearchResult) -> Metadata:
    windows = [
        {
            "window": window.label,
            "trials": window.summary["trials"],
            "effective": window.summary["effective"],
            "overfitting": window.summary["overfitting"],
            "inner_sharpe": window.summary["sharpe"],
            "deflated": window.summary["deflated"],
            "test_sharpe": window.tested.get("sharpe"),
            "hyperparameters": json.dumps(dict(window.hyperparameters), sort_keys=True),
        }
        for window in result.windows
    ]
    figures = {f"test_{name}": number(value) for name, value in result.overall.items() if value is not None}
    proposal = dg.MetadataValue.md(f"```yaml\n{proposal_text(result)}```")
    return {
        "method": number(result.method),
        "objective": number(result.objective),
        "trials": number(sum(int(str(window.summary["trials"])) for window in result.windows)),
        "windows": table(windows),
        "promised_and_kept": image(_promises(result), "Sharpe ratio on inner folds and on the test, by window."),
        "best": table(_best(result)),
        "warnings": dg.MetadataValue.md(_warnings(result)),
        "proposal": proposal,
        **figures,
    }


def _promises(result: SearchResult) -> str:
    """Draw what each window's chosen trial showed where it was searched, and where no search looked."""
    bars = [
        (f"{window.label}: {where}", value)
        for window in result.windows
        for where, value in (("inner", window.summary["sharpe"]), ("test", window.tested.get("sharpe")))
        if isinstance(value, float)
    ]
    return bar_chart(
        [name for name, _ in bars], [value for _, value in bars], title="Net Sharpe ratio a year", is_signed=True
    )


def _best(result: SearchResult) -> list[dict[str, object]]:
    """Return the last window's first trials with every part of their score."""
    lines = _listed(result.windows[-1].summary["ranking"])
    return [{**line, "parameters": json.dumps(line["parameters"], sort_keys=True)} for line in lines]


def _warnings(result: SearchResult) -> str:
    said = [f"* {w.label}: {sentence}" for w in result.windows for sentence in _listed(w.summary["warnings"])]
    return "\n".join(said) or "none"


def _listed(value: object) -> Sequence[Any]:
    """Return a part of a summary that is a list; a summary is plain JSON, without types."""
    return value if isinstance(value, list | tuple) else ()
