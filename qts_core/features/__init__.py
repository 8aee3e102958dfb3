"""Features: one graph of causal operators, the same bits in batch and live (specification 6.1-6.4)."""

from qts_core.features import ops
from qts_core.features.block import FeatureBlock
from qts_core.features.catalogue import CATALOGUES, alpha158_catalogue, default_catalogue, shipped_catalogue
from qts_core.features.engine import FeatureEngine
from qts_core.features.evaluate import evaluate
from qts_core.features.graph import Node
from qts_core.features.own import block_kernel, feature, kernel
from qts_core.features.plan import Plan
from qts_core.features.spec import GROUPS, Catalogue, FeatureSpec

__all__ = [
    "CATALOGUES",
    "GROUPS",
    "Catalogue",
    "FeatureBlock",
    "FeatureEngine",
    "FeatureSpec",
    "Node",
    "Plan",
    "alpha158_catalogue",
    "block_kernel",
    "default_catalogue",
    "evaluate",
    "feature",
    "kernel",
    "ops",
    "shipped_catalogue",
]
