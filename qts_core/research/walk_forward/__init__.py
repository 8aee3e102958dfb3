"""Walk-forward optimisation of strategy parameters: tune on the past, be judged by what comes next (11.4)."""

from __future__ import annotations

from qts_core.research.walk_forward.bench import Bench, EventBench, LearningBench, Market, Outcome, VectorisedBench
from qts_core.research.walk_forward.ml_bench import ScoresBench
from qts_core.research.walk_forward.result import (
    ParameterStability,
    WalkForwardResult,
    WindowResult,
    has_walk_forward,
    load_walk_forward,
    save_walk_forward,
)
from qts_core.research.walk_forward.retraining import RetrainedBench
from qts_core.research.walk_forward.running import WalkForward, run_walk_forward
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.research.walk_forward.strategies import BUILT_IN, Tunable, find_strategy, space_of
from qts_core.research.walk_forward.windows import Window

__all__ = [
    "BUILT_IN",
    "Bench",
    "EventBench",
    "LearningBench",
    "Market",
    "Outcome",
    "ParameterStability",
    "RetrainedBench",
    "ScoresBench",
    "Tunable",
    "VectorisedBench",
    "WalkForward",
    "WalkForwardResult",
    "WalkForwardSettings",
    "Window",
    "WindowResult",
    "find_strategy",
    "has_walk_forward",
    "load_walk_forward",
    "run_walk_forward",
    "save_walk_forward",
    "space_of",
]
