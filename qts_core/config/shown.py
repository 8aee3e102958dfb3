"""Settings as people read them: one line per value with its source, secrets masked; and the reference page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from qts_core.config.layers import Layers
from qts_core.config.masking import MASK, masked_address
from qts_core.config.section import Section
from qts_core.config.settings import SECTION_FILES, Settings
from qts_core.config.variables import OVERRIDE_PREFIX, RUNTIME_VARIABLES, SECRET_KEYS, VARIABLES
from qts_core.config.yaml_text import KeyPath, dotted

__all__ = ["MASK", "ShownValue", "settings_reference", "shown_values"]


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One effective value.

    Attributes
    ----------
    key : str
        Dotted key.
    value : object
        The value as JSON knows it; secrets are masked.
    source : str
        Where it was set: a file with line, a variable, or ``"default"``.
    """

    key: str
    value: object
    source: str


def shown_values(settings: Settings, layers: Layers) -> list[ShownValue]:
    """Return every effective value in the order of the settings classes."""
    return [
        ShownValue(dotted(path), _masked(path, value), layers.source(path)) for path, value in _leaves(settings, ())
    ]


def _leaves(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*path, name))
    elif isinstance(value, dict) and value:
        for name, child in value.items():
            yield from _leaves(child, (*path, name))
    elif isinstance(value, tuple) and value and isinstance(value[0], Section):
        for place, child in enumerate(value):
            yield from _leaves(child, (*path, place))
    else:
        yield path, value


def _masked(path: KeyPath, value: object) -> object:
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return MASK
    text = str(value)
    if dotted(path) in SECRET_KEYS or "://" in text:
        return masked_address(text)
    if isinstance(value, bool | int | float):
        return value
    return [str(child) for child in value] if isinstance(value, tuple) else text


def settings_reference() -> str:
    """Return docs/reference/settings.md: every setting, its type, default and meaning, and every variable."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from the settings classes. Priority: environment, then `.env`, then YAML, then the",
        "default below. Unknown keys are refused. Limits are fractions: 0.02 is 2 %.",
        "",
        f"Any key can be set from the environment as `{OVERRIDE_PREFIX}<SECTION>__<KEY>`, with two underscores between",
        "levels: `QTS_RISK__PORTFOLIO__MAX_POSITIONS=10`.",
    ]
    for name, field in Settings.model_fields.items():
        if name == "home":
            continue
        place = f"config/{SECTION_FILES[name][0]}" if name in SECTION_FILES else "environment"
        lines += ["", f"## {name} ({place})", "", "| Key | Type | Default | Meaning |", "|---|---|---|---|"]
        lines += [_row(*entry) for entry in _documented(field.annotation, "")]
    lines += ["", "## Environment variables", "", "| Variable | Sets | Other names |", "|---|---|---|"]
    for variable in VARIABLES:
        others = ", ".join(f"`{alias}`" for alias in variable.aliases)
        lines.append(f"| `{variable.name}` | `{variable.key}` | {others} |")
    lines += ["", "These set no setting:", "", "| Variable | Meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in RUNTIME_VARIABLES.items()]
    return "\n".join(lines) + "\n"


def _documented(section: Any, prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each leaf field below `section`, an annotation; ``[]`` and ``<key>`` stand for list items and keys."""
    for name, field in section.model_fields.items():
        inner, suffix = _inner(field.annotation)
        if inner is None:
            yield prefix + name, field
        else:
            yield from _documented(inner, f"{prefix}{name}{suffix}.")


def _inner(annotation: Any) -> tuple[type[Section] | None, str]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation, ""
    arguments = get_args(annotation)
    for origin, place, suffix in ((tuple, 0, "[]"), (dict, 1, ".<key>")):
        item = arguments[place] if get_origin(annotation) is origin else None
        if isinstance(item, type) and issubclass(item, Section):
            return item, suffix
    return None, ""


def _row(key: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    shown = "required" if default is PydanticUndefined else "" if default is None else _default(default)
    return f"| `{key}` | {_type(field.annotation)} | {shown} | {(field.description or '').strip()} |"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(v) for v in value)}]`"
    return f"`{value}`"


def _type(annotation: Any) -> str:
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    origin = get_origin(annotation)
    if str(origin) == "typing.Literal":
        return ", ".join(f"`{a}`" for a in arguments)
    if origin is tuple:
        return "list"
    if origin is dict:
        return "mapping"
    if len(arguments) >= 1:
        return _type(arguments[0])
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "SecretStr": "secret"}
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name.lower())
