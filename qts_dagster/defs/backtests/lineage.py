"""Where the figures of a tear sheet come from: runs and assets of Dagster, versions in MLflow, hashes."""

from qts_core.report.evidence import Lineage
from qts_core.research.model_backtest import ModelBacktest
from qts_dagster.defs.resources import Platform

__all__ = ["lineage_of"]


def lineage_of(run: ModelBacktest, platform: Platform, run_id: str) -> tuple[Lineage, ...]:
    """Return a line for the backtest, the training, features, bars, trials and live sessions behind a page."""
    summary, assets = run.summary, platform.assets_page
    model = summary.model
    return (
        Lineage(
            "backtest", "Equity, trades, costs: the backtest", f"Dagster run {run_id[:8]}", platform.run_page(run_id),
            run.result.decisions_digest,
        ),
        Lineage(
            "model", "Scores, folds, gates: the training", f"MLflow {summary.registered} version {summary.version}",
            platform.registry_page(summary.registered, summary.version), summary.bundle_sha256,
        ),
        Lineage(
            "features", "Features", f"Dagster asset training_set_{model}", f"{assets}/training_set_{model}",
            summary.catalogue_hash,
        ),
        Lineage("data", "Bars", "Dagster asset clean_bars", f"{assets}/clean_bars", summary.data_hash),
        Lineage("ledger", "Trials", f"Dagster asset verdict_{model}", f"{assets}/verdict_{model}", run.identity),
        Lineage("live", "Live sessions", "Dagster asset daemon_sessions", f"{assets}/daemon_sessions"),
    )  # fmt: skip
