"""Join settings from several sources, the later over the earlier, and remember where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from qts_core.config.consistency import absences, contradictions
from qts_core.config.problems import Problem, problems_of, refuse, section_at
from qts_core.config.settings import Settings
from qts_core.config.yaml_text import KeyPath, Value, dotted

__all__ = ["Layers", "build_settings"]


@dataclass(slots=True)
class Layers:
    """A tree of values under construction.

    Attributes
    ----------
    content : dict
        Nested mappings as in the settings files, one top key per section.
    sources : dict of key path to str
        Where each value was set.
    """

    content: dict[str, Value] = field(default_factory=dict)
    sources: dict[KeyPath, str] = field(default_factory=dict)

    def set(self, path: KeyPath, value: Value, source: str) -> None:
        """Put one value at `path` of mapping keys, over what an earlier layer put there."""
        place = self.content
        for depth, part in enumerate(path[:-1], start=1):
            child = place.setdefault(_key(path[:depth], str(part)), {})
            if not isinstance(child, dict):
                child = place[_key(path[:depth], str(part))] = {}
            place = child
        name = _key(path, str(path[-1]))
        place[name] = value
        canonical = (*path[:-1], name)
        for known in [known for known in self.sources if known[: len(canonical)] == canonical]:
            del self.sources[known]
        self.sources[canonical] = source

    def add(self, section: str, content: Mapping[str, Value], lines: Mapping[KeyPath, int], where: str) -> None:
        """Put the mapping of one file under `section`; `lines` gives the line of each key."""
        self.content[section] = self._canonical(dict(content), (section,), (), lines, where)
        self.sources[(section,)] = where

    def _canonical(
        self, value: Value, path: KeyPath, written: KeyPath, lines: Mapping[KeyPath, int], where: str
    ) -> Value:
        """Return `value` with aliases replaced, noting the line of every key on the way."""
        if isinstance(value, list):
            children = range(len(value))
            for place in children:
                self._note((*path, place), (*written, place), lines, where)
            return [self._canonical(value[i], (*path, i), (*written, i), lines, where) for i in children]
        if not isinstance(value, dict):
            return value
        content: dict[str, Value] = {}
        for key, child in value.items():
            name = _key((*path, key), key)
            if name in content:
                raise refuse(
                    [Problem("QTS-CONF-005", f"{dotted((*path, name))} is given twice at {where}, also as {key}")]
                )
            self._note((*path, name), (*written, key), lines, where)
            content[name] = self._canonical(child, (*path, name), (*written, key), lines, where)
        return content

    def _note(self, path: KeyPath, written: KeyPath, lines: Mapping[KeyPath, int], where: str) -> None:
        self.sources[path] = f"{where}:{lines[written]}" if written in lines else where

    def source(self, path: KeyPath) -> str:
        """Return where the value of `path` was set; ``"default"`` when no layer set it."""
        while path and path not in self.sources and isinstance(path[-1], int):
            path = path[:-1]
        return self.sources.get(path, "default")

    def where(self, path: KeyPath) -> str:
        """Return the source of `path` or of the nearest key above it; ``"default"`` when none set it."""
        while path:
            if path in self.sources:
                return self.sources[path]
            path = path[:-1]
        return "default"


def build_settings(layers: Layers) -> Settings:
    """Validate the joined values and look for contradictions.

    Raises
    ------
    InvalidConfigError, MissingConfigError
        With every problem in one line.
    """
    try:
        settings = Settings.model_validate(_frozen(layers.content))
    except ValidationError as error:
        raise refuse(problems_of(error, Settings, layers.where)) from None
    found = [Problem("QTS-CONF-001", sentence) for sentence in absences(settings)]
    found += [Problem("QTS-CONF-005", sentence) for sentence in contradictions(settings)]
    if found:
        raise refuse(found)
    return settings


def _key(path: KeyPath, name: str) -> str:
    section = section_at(Settings, path[:-1])
    return section.aliases.get(name, name) if section else name


def _frozen(value: Value) -> object:
    """Return `value` with lists as tuples, which is what the settings classes hold."""
    if isinstance(value, list):
        return tuple(_frozen(child) for child in value)
    return {name: _frozen(child) for name, child in value.items()} if isinstance(value, dict) else value
