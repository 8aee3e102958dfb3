"""The strategy that an entry of models.yaml asks for, once it is known what this machine has (specification 7.2)."""

from __future__ import annotations

from qts_core.adapters.accelerator import has_gpu
from qts_core.config.models import ModelSettings
from qts_core.market.errors import InvalidConfigError
from qts_core.models.context import Device, Metric, Strategy
from qts_core.models.factory import model_class, task_type

__all__ = ["chosen_device", "strategy_of"]


def strategy_of(key: str, chosen: ModelSettings) -> Strategy:
    """Return how the model of the entry `key` of models.yaml is grown.

    Raises
    ------
    InvalidConfigError
        If a GPU is asked for and cannot be used (QTS-MODEL-034).
    """
    given = chosen.training
    return Strategy(
        early_stopping_rounds=given.early_stopping_rounds,
        evaluation_metric=Metric(given.evaluation_metric),
        monotone_constraints=dict(given.monotone_constraints),
        interaction_constraints=given.interaction_constraints,
        categorical_features=given.categorical_features,
        regularisation_schedule=dict(given.regularisation_schedule),
        device=chosen_device(key, chosen),
    )


def chosen_device(key: str, chosen: ModelSettings) -> Device:
    """Return where the model of the entry `key` is grown on this machine; looks no further than `cpu` needs."""
    wanted = chosen.training.device
    if wanted == "cpu":
        return Device.CPU
    found = has_gpu()
    usable = found and model_class(chosen.type, task_type(chosen.task)).can_use_gpu()
    if wanted == "gpu" and not usable:
        raise InvalidConfigError(
            "QTS-MODEL-034", "the GPU cannot be used", where=f"models.yaml {key} training.device",
            found=f"a GPU, but this build of {chosen.type} cannot use it" if found else "no GPU on this machine",
            expected="device: cpu or auto", fix="set device: auto, which takes a GPU when there is one",
        )  # fmt: skip
    return Device.GPU if usable else Device.CPU
