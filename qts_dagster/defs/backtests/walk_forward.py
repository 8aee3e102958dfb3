"""The walk-forward of each model: its windows end to end, what each promised and what it kept."""

from datetime import date

import dagster as dg
import numpy as np

from qts_core.adapters.report_files import ReportFiles
from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.returns import total_return
from qts_core.report.formats import decimals, percent
from qts_core.report.record import ReportRecord
from qts_core.research.training_summary import FoldSummary, load_training
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.report_pictures import equity_picture, promised_and_kept, sharpe_by_window
from qts_dagster.lib.results import AssetResult

__all__ = ["walk_forward_assets", "window_rows"]

MEASURE = "rank_ic"
HARD = "\N{NO-BREAK SPACE}"
DASH = "\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}"


def walk_forward_assets(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the walk-forwards of the group `backtests`."""
    return [_walk_forward(model) for model in models]


def window_rows(record: ReportRecord, folds: tuple[FoldSummary, ...]) -> list[dict[str, object]]:
    """Return a row for each fold: its test sessions, what they earned net of costs, and the score it had promised."""
    days = np.array([day.toordinal() for day in record.days])
    rows: list[dict[str, object]] = []
    for fold in folds:
        first, last = (date.fromisoformat(text) for text in fold.test)
        own = record.net[(days >= first.toordinal()) & (days <= last.toordinal())]
        rows.append(
            {
                "window": fold.name,
                "tested": f"{first} to {last}",
                "sessions": len(own),
                "net_return": total_return(own) if len(own) else float("nan"),
                "net_sharpe": sharpe_ratio(own),
                f"{MEASURE}_fitted": fold.in_sample.get(MEASURE, float("nan")),
                f"{MEASURE}_tested": fold.out_of_sample.get(MEASURE, float("nan")),
            }
        )
    return rows


def _shown(row: dict[str, object]) -> dict[str, object]:
    """Return a row as a narrow table shows it: spaces and hyphens that do not break, figures as people say them."""
    first, last = (date.fromisoformat(text) for text in str(row["tested"]).split(" to "))
    fitted, tested = (float(str(row[f"{MEASURE}_{where}"])) for where in ("fitted", "tested"))
    return {
        "window": str(row["window"]).replace(" ", HARD),
        "tested": f"{first:%-d %b %y} {DASH} {last:%-d %b %y}, n = {row['sessions']}".replace(" ", HARD),
        "return": percent(float(str(row["net_return"]))).replace(" ", HARD),
        "sharpe": decimals(float(str(row["net_sharpe"]))),
        "rank_ic": f"{decimals(fitted, 3)} → {decimals(tested, 3)}".replace(" ", HARD),
    }


def _walk_forward(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"walk_forward_{model}", group_name="backtests", owners=owners["research"], kinds={"python"},
        tags={"layer": "gold", "spec": "11.4", "cost": "cpu"}, deps=[f"tear_sheet_{model}"], code_version="1",
        description="The test sessions of all folds end to end, net of pessimistic costs: what each window earned, and "
        "what it had promised where it was fitted. The Sharpe ratio is annualised; rank_ic stands fitted → tested.",
    )  # fmt: skip
    def walk_forward(platform: Platform) -> AssetResult:
        files = ReportFiles(platform.reports())
        record, training = files.find(model), load_training(platform.lake, model)
        rows = window_rows(record, training.folds)
        gained = sum(float(str(row["net_return"])) > 0 for row in rows)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([record.id, training.identity])),
            metadata={
                "dagster/row_count": number(len(record.days)),
                "windows": table([_shown(row) for row in rows]),
                "gained": number(f"{gained} of {len(rows)} windows gained, net of pessimistic costs"),
                "stitched": equity_picture(record),
                "sharpe_by_window": sharpe_by_window(
                    [str(row["window"]) for row in rows], [float(str(row["net_sharpe"])) for row in rows]
                ),
                "promised_and_kept": promised_and_kept(training.folds, MEASURE),
                "mlflow": dg.MetadataValue.url(platform.registry_page(training.registered, training.version)),
                "page": dg.MetadataValue.path(str(files.page(record))),
            },
        )

    return walk_forward
