"""Blocking checks of the verdicts: the ledger's chain holds, and the record judges the version that is registered."""

import dagster as dg

from qts_core.research.approval import approve
from qts_core.research.training_summary import load_training
from qts_dagster.defs.resources import Platform, research_tools

__all__ = ["backtest_checks"]


def backtest_checks(models: tuple[str, ...]) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the group `backtests`."""
    return [check for model in models for check in (_ledger_is_intact(model), _page_is_complete(model))]


def _ledger_is_intact(model: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=f"verdict_{model}", blocking=True, name="ledger_is_intact",
        description="The hash chain of all trials verifies, so no trial was dropped to make this one look better.",
    )  # fmt: skip
    def ledger_is_intact(platform: Platform) -> dg.AssetCheckResult:
        summary = load_training(platform.lake, model)
        with platform.database() as database:
            tools = research_tools(platform, database)
            chain = tools.ledger.verify()
            approval = approve(
                tools.gates.latest(summary.registered, summary.version), summary.bundle_sha256, tools.seal
            )
        return dg.AssetCheckResult(
            passed=chain.is_intact, metadata={"trials": chain.rows, "may_trade": approval.is_allowed,
                                              "reason": approval.reason},
        )  # fmt: skip

    return ledger_is_intact


def _page_is_complete(model: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=f"tear_sheet_{model}", blocking=True, name="opens_offline",
        description="The page is one file under 3 MB that fetches nothing.",
    )  # fmt: skip
    def opens_offline(platform: Platform) -> dg.AssetCheckResult:
        page = (platform.reports() / f"{model}.html").read_text(encoding="utf-8")
        fetches = [mark for mark in ('src="http', "@import", '<link rel="stylesheet"') if mark in page]
        return dg.AssetCheckResult(
            passed=not fetches and len(page.encode()) < 3_000_000, metadata={"bytes": len(page.encode())}
        )

    return opens_offline
