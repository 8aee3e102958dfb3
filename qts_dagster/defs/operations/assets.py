"""What the live daemon left behind: its sessions and the health of the model that traded."""

import dagster as dg

from qts_core.adapters.live_reports import live_sessions
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["operations_assets", "operations_checks"]

TAGS = {"layer": "gold", "spec": "12.5", "cost": "cpu"}


def operations_assets() -> list[dg.AssetsDefinition]:
    """Define the group `operations`."""
    return [_sessions(), _health()]


def operations_checks() -> list[dg.AssetChecksDefinition]:
    """Define the checks of the group `operations`."""

    @dg.asset_check(
        asset="daemon_sessions", blocking=True,
        description="Every live decision that was made again in the backtest came out bit for bit the same.",
    )  # fmt: skip
    def live_equals_backtest(platform: Platform) -> dg.AssetCheckResult:
        sessions = live_sessions(platform.settings.live_dir)
        different = sum(s.differences for s in sessions)
        return dg.AssetCheckResult(
            passed=different == 0,
            metadata={"compared": sum(s.compared for s in sessions), "different": different},
        )

    return [live_equals_backtest]


def _sessions() -> dg.AssetsDefinition:
    @dg.asset(group_name="operations", owners=owners["operations"], kinds={"python"}, tags=TAGS, code_version="1")
    def daemon_sessions(platform: Platform) -> AssetResult:
        """One row per session the daemon traded: decisions, orders, fills, profit, parity with the backtest."""
        sessions = live_sessions(platform.settings.live_dir)
        rows = [
            {"session": s.session.isoformat(), "mode": s.mode, "decisions": s.decisions, "orders": s.orders,
             "fills": s.fills, "pnl": s.pnl, "compared": s.compared, "different": s.differences}
            for s in sessions[-60:]
        ]  # fmt: skip
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from(map(str, sessions))),
            metadata={"dagster/row_count": len(sessions), "sessions": table(rows)},
        )

    return daemon_sessions


def _health() -> dg.AssetsDefinition:
    @dg.asset(group_name="operations", owners=owners["operations"], kinds={"sqlite"}, tags=TAGS, code_version="1")
    def model_health(platform: Platform) -> AssetResult:
        """One row per measurement the daemon made of its model: drift of its inputs, decay of its predictions."""
        with platform.database() as database:
            reports = database.health.after(0, breaches_only=False)
        rows = [
            {"id": number_, "model": r.model_id, "kind": r.kind, "value": r.value, "threshold": r.threshold,
             "breach": r.is_breach, "at": r.created_at.isoformat()}
            for number_, r in reports[-60:]
        ]  # fmt: skip
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from(map(str, reports))),
            metadata={
                "dagster/row_count": len(reports),
                "breaches": number(sum(r.is_breach for _, r in reports)),
                "reports": table(rows),
            },
        )

    return model_health
