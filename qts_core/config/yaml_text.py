"""Read YAML 1.2 (core schema) with line numbers; refuse duplicate keys, tags and anchors (bad inputs B50 to B66).

``yes`` and ``on`` are words, ``9:30`` is text, ``010`` is ten, ``1_000`` is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from qts_core.market.errors import ConfigParseError

__all__ = ["KeyPath", "Value", "YamlText", "dotted", "parse_yaml", "scalar"]

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
KeyPath = tuple[str | int, ...]

LARGEST_CHARACTERS: Final = 300_000
DEEPEST: Final = 50
LONGEST_WHOLE: Final = 100
LONGEST_KEY_SHOWN: Final = 80
TAG: Final = "tag:yaml.org,2002:"
# https://yaml.org/spec/1.2.2/#1032-tag-resolution
CORE: Final[Mapping[str, re.Pattern[str]]] = {
    "null": re.compile(r"^(?:null|Null|NULL|~|)$"),
    "bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    "int": re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"),
    "float": re.compile(
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
}


class _CoreLoader(yaml.SafeLoader):
    """A safe loader with the resolvers of YAML 1.2 in place of those of 1.1."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {  # noqa: RUF012
        None: [(TAG + kind, pattern) for kind, pattern in CORE.items()]
    }

    def fetch_flow_collection_start(self, TokenClass: type[yaml.Token]) -> None:
        """Open a bracket, unless there are so many open ones that looking ahead takes seconds."""
        if self.flow_level >= DEEPEST:
            raise yaml.MarkedYAMLError(problem="too many open brackets", problem_mark=self.get_mark())
        super().fetch_flow_collection_start(TokenClass)


@dataclass(frozen=True, slots=True)
class YamlText:
    """A parsed document.

    Attributes
    ----------
    content : dict
        The top mapping; empty for an empty document.
    lines : mapping of key path to int
        Line of each key or list item, from 1.
    """

    content: dict[str, Value]
    lines: Mapping[KeyPath, int]


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it: ``symbols[3].sector``; the end of a very long key is left out."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        shown = part if len(part) <= LONGEST_KEY_SHOWN else part[: LONGEST_KEY_SHOWN - 1] + "…"
        text += f".{shown}" if text else shown
    return text


def scalar(text: str) -> bool | int | float | str | None:
    """Return the value of a plain scalar under the core schema: ``"0.1"`` is a float, ``"yes"`` a str."""
    for kind, pattern in CORE.items():
        if pattern.match(text):
            return _scalar(kind, text)
    return text


def parse_yaml(text: str, *, where: str) -> YamlText:
    """Parse one document whose top is a mapping.

    Parameters
    ----------
    text : str
        The document.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ConfigParseError
        If it is no YAML, holds a duplicate key, a tag, an anchor or a key that is no text.
    """
    if len(text) > LARGEST_CHARACTERS:
        raise _refusal(
            "The file is too large", where, found=f"{len(text)} characters", expected=f"at most {LARGEST_CHARACTERS:,}"
        )
    try:
        node = yaml.compose(text, Loader=_CoreLoader)
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == TAG + "null"):
            return YamlText({}, {})
        lines: dict[KeyPath, int] = {}
        content = _Reader(where, lines).value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 1}" if mark else where
        raise _refusal("The file is not valid YAML", place, found=error.problem or "a syntax error") from None
    except yaml.YAMLError as error:
        raise _refusal("The file is not valid YAML", where, found=str(error)) from None
    except RecursionError:
        raise _refusal("The file is nested too deeply", where) from None
    if not isinstance(content, dict):
        raise _refusal("The file does not hold a mapping", where, found=type(content).__name__, expected="key: value")
    return YamlText(content, lines)


class _Reader:
    def __init__(self, where: str, lines: dict[KeyPath, int]) -> None:
        self._where = where
        self._lines = lines
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> Value:
        if id(node) in self._seen:
            raise self._refuse("An anchor is used twice", node, path, fix="write the value out in both places")
        self._seen.add(id(node))
        self._lines.setdefault(path, node.start_mark.line + 1)
        kind = node.tag.removeprefix(TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.value(child, (*path, place)) for place, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and (kind == "str" or (kind in CORE and CORE[kind].match(node.value))):
            return _scalar(kind, node.value)
        raise self._refuse("A tag is not allowed", node, path, found=node.tag)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Value]:
        content: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != TAG + "str":
                found = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
                raise self._refuse("A key is no text", key_node, path, found=found, fix="quote the key")
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in content:
                first = self._lines[(*path, key)]
                raise _refusal(
                    f"The key {dotted((*path, key))} stands twice",
                    self._where,
                    found=f"lines {first} and {line}",
                    fix="keep one",
                )
            self._lines[(*path, key)] = line
            content[key] = self.value(value_node, (*path, key))
        return content

    def _refuse(self, what: str, node: yaml.Node, path: KeyPath, *, found: str = "", fix: str = "") -> ConfigParseError:
        where = f"{self._where}:{node.start_mark.line + 1}" + (f" ({dotted(path)})" if path else "")
        return _refusal(what, where, found=found or None, fix=fix)


def _scalar(kind: str, text: str) -> bool | int | float | str | None:
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int" if len(text) > LONGEST_WHOLE:
            # Python refuses to read some of these and to print others; no setting is a whole number of that size.
            return math.inf if text[0] != "-" else -math.inf
        case "int":
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        case "float" if text.lower().endswith(("inf", "nan")):
            return math.nan if text.lower()[1] == "n" else math.copysign(math.inf, -1 if text[0] == "-" else 1)
        case "float":
            return float(text)
        case _:
            return text


def _refusal(what: str, where: str, *, found: str | None = None, expected: str = "", fix: str = "") -> ConfigParseError:
    return ConfigParseError("QTS-CONF-002", what, where=where, found=found, expected=expected, fix=fix)
