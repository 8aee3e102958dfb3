"""Tree models compiled for the live path: one evaluator for every library, bit-equal to each of them."""

from __future__ import annotations

from qts_core.models.compiled.evaluator import CompiledTrees
from qts_core.models.compiled.flat import Uncompilable
from qts_core.models.compiled.verified import compile_model, compiled_or_reason

__all__ = ["CompiledTrees", "Uncompilable", "compile_model", "compiled_or_reason"]
