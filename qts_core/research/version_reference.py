"""How a person names a version: ``3``, ``1.4.2``, ``champion``, or any of them after ``MODEL/`` (specification 7.3)."""

from __future__ import annotations

from qts_core.market.errors import ModelNotFoundError
from qts_core.models.semantic import SemanticVersion
from qts_core.ports.registry import ModelRegistry, RegisteredVersion

__all__ = ["SEMANTIC_TAG", "find_version", "registered_name", "semantic_of"]

SEMANTIC_TAG = "semantic_version"
PREFIX = "qts_"


def registered_name(model: str) -> str:
    """Return the registered name of a key in models.yaml; a registered name stays."""
    return model if model.startswith(PREFIX) else f"{PREFIX}{model}"


def semantic_of(version: RegisteredVersion) -> SemanticVersion | None:
    """Return the semantic version that a version is tagged with; None for an earlier one."""
    return SemanticVersion.parse(version.tags.get(SEMANTIC_TAG, ""))


def find_version(registry: ModelRegistry, text: str, *, live_model: str) -> RegisteredVersion:
    """Return the version that `text` names.

    Parameters
    ----------
    registry : ModelRegistry
    text : str
        A number, a semantic version (of several alike the newest) or an alias; ``MODEL/`` before it names another
        model, ``@`` may stand for the slash.
    live_model : str
        Key of the model that is meant without a name.

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-076 if there is no such version.
    """
    model, separator, wanted = text.replace("@", "/").rpartition("/")
    name = registered_name(model if separator else live_model)
    versions = registry.versions(name)
    asked = SemanticVersion.parse(wanted)
    for version in versions:
        if wanted in (version.version, *version.aliases) or (asked is not None and semantic_of(version) == asked):
            return version
    known = [f"{v.version} ({', '.join(filter(None, (v.tags.get(SEMANTIC_TAG), *v.aliases)))})" for v in versions]
    raise ModelNotFoundError(
        "QTS-MODEL-076", "no version of that name", where=name, found=wanted or text,
        expected="one of " + "; ".join(known) if known else "a registered model",
        fix="name a number, a semantic version or an alias of `qts models list`, after MODEL/ for another model",
    )  # fmt: skip
