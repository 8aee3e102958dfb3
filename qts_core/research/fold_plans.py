"""The fold plan of a configured model on the bars of the lake, without its features and labels (specification 7.3)."""

from __future__ import annotations

from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import Timeline
from qts_core.ports.lake import LakePort
from qts_core.research.preparation import model_settings
from qts_core.training.folds import FoldPlan, plan_folds

__all__ = ["planned_folds"]


def planned_folds(
    lake: LakePort, settings: Settings, key: str, *, calendar: TradingCalendar
) -> tuple[FoldPlan, Timeline]:
    """Return the plan that training the model `key` would use now, and the timeline it is laid out on.

    Raises
    ------
    DataNotFoundError
        If the lake holds no bars.
    InvalidConfigError
        If there is no such model.
    TrainingError
        If the bars are too few for its folds.
    """
    chosen = model_settings(settings, key)
    timeline = load_panel(lake, calendar=calendar).timeline
    return plan_folds(chosen.training, timeline, horizon_bars=chosen.horizon_bars), timeline
