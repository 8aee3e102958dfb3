"""Read settings from environment variables: declared names, Alpaca's aliases, and ``QTS_SECTION__KEY`` for any key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qts_core.config.layers import Layers
from qts_core.config.masking import masked_address
from qts_core.config.problems import Problem, nearest, refuse
from qts_core.config.settings import SECTION_FILES, Settings
from qts_core.config.variables import OVERRIDE_PREFIX, RUNTIME_VARIABLES, VARIABLES, Kind, Variable
from qts_core.config.yaml_text import Value, scalar
from qts_core.market.errors import printable

__all__ = ["Environment", "apply_environment"]

KNOWN = {name for variable in VARIABLES for name in (variable.name, *variable.aliases)} | set(RUNTIME_VARIABLES)
DEEPEST = 8
"""Levels of a key that can be set from the environment; no setting lies deeper."""

SECTIONS = frozenset(Settings.model_fields) - {"home"}


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables and the name of their source, ``"environment"`` or the path of a ``.env`` file."""

    name: str
    values: Mapping[str, str]


def apply_environment(layers: Layers, environment: Environment) -> list[str]:
    """Put the variables over `layers`; an empty variable counts as not set.

    Returns
    -------
    list of str
        Variables that look like settings of QTS and are none.

    Raises
    ------
    InvalidConfigError
        If a text is not of the variable's kind, or two names of one setting disagree; lists all.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    for variable in VARIABLES:
        problems += _apply(layers, environment, variable)
    for name in sorted(environment.values):
        if not name.startswith(OVERRIDE_PREFIX) or name in KNOWN or not environment.values[name]:
            continue
        path = tuple(name.removeprefix(OVERRIDE_PREFIX).lower().split("__"))
        if 1 < len(path) <= DEEPEST and path[0] in SECTIONS and all(path):
            layers.set(path, _override(environment.values[name]), f"{environment.name} {name}")
        else:
            warnings.append(f"{environment.name} {printable(name)} is read by nothing{nearest(name, KNOWN)}")
    if problems:
        raise refuse(problems)
    return warnings


def _apply(layers: Layers, environment: Environment, variable: Variable) -> list[Problem]:
    given = {
        name: environment.values[name] for name in (variable.name, *variable.aliases) if environment.values.get(name)
    }
    if not given:
        return []
    if len(set(given.values())) > 1:
        names = " and ".join(given)
        return [
            Problem(
                "QTS-CONF-005", f"{names} set the same setting {variable.key} to different values ({environment.name})"
            )
        ]
    name, text = next(iter(given.items()))
    value = _typed(variable.kind, text)
    if value is None:
        found = "a secret" if variable.is_secret else printable(masked_address(text))
        return [
            Problem(
                "QTS-CONF-003", f"{name} is not allowed ({environment.name}): found {found}, expected a {variable.kind}"
            )
        ]
    layers.set(tuple(variable.key.split(".")), value, f"{environment.name} {name}")
    return []


def _typed(kind: Kind, text: str) -> Value:
    """Return the value of `text`, None when it is not of `kind`."""
    if kind is Kind.TEXT:
        return text
    value = scalar(text.strip())
    match kind:
        case Kind.FLAG:
            return value if isinstance(value, bool) else {"1": True, "0": False}.get(text.strip())
        case Kind.WHOLE:
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case _:
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _override(text: str) -> Value:
    """Return a scalar, or a list when `text` has the form ``[a, b]``."""
    stripped = text.strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        return [scalar(part.strip()) for part in stripped[1:-1].split(",") if part.strip()]
    return scalar(stripped)


assert set(SECTION_FILES) < SECTIONS, "every section with a file can be set from the environment"
