"""Load settings: environment over ``.env`` over YAML over defaults (specification 15.1)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import qts_core
from qts_core.config.dotenv_text import parse_dotenv
from qts_core.config.environment_values import Environment, apply_environment
from qts_core.config.layers import Layers, build_settings
from qts_core.config.masking import masked_address
from qts_core.config.problems import nearest
from qts_core.config.settings import SECTION_FILES, Settings
from qts_core.config.variables import SECRET_KEYS, SECRET_VARIABLES, VARIABLES
from qts_core.config.yaml_text import KeyPath, dotted, parse_yaml
from qts_core.market.errors import ConfigParseError, InvalidConfigError, MissingConfigError, printable
from qts_core.market.instruments import canonical_symbol

__all__ = ["LoadedSettings", "default_config_dir", "load_settings"]

LARGEST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings and how they came about.

    Attributes
    ----------
    settings : Settings
        The effective settings; `home` is absolute.
    layers : Layers
        Where each value came from: ``layers.source(("risk", "portfolio", "max_positions"))``.
    warnings : tuple of str
        What looks odd but is harmless, such as a variable that nothing reads.
    """

    settings: Settings
    layers: Layers
    warnings: tuple[str, ...]

    def source(self, path: KeyPath) -> str:
        """Return where the value at `path` came from, ``"default"`` for none."""
        return self.layers.source(path)


def load_settings(
    *,
    config_dir: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    dotenv: str | Path | None = None,
    home: str | Path | None = None,
) -> LoadedSettings:
    """Load, join and validate all settings.

    Parameters
    ----------
    config_dir : path, optional
        Folder of YAML files; default ``QTS_CONFIG_DIR``, else ``./config`` if it exists, else the files shipped
        with QTS. A file that the folder lacks is taken from the shipped ones.
    environment : mapping, optional
        Default the process's own, which also turns on the default `dotenv`.
    dotenv : path, optional
        Default ``./.env`` if it exists; none when `environment` is given.
    home : path, optional
        Instead of ``QTS_HOME``: database and MLflow store follow it, unless the environment names others.

    Raises
    ------
    MissingConfigError
        If a folder or file named does not exist or cannot be read.
    ConfigParseError
        If a file is no YAML.
    InvalidConfigError
        If values are not allowed or contradict each other; lists them all.
    """
    if environment is None:
        environment = os.environ
        dotenv = dotenv if dotenv is not None else _existing(Path(".env"))
    environments = []
    if dotenv is not None:
        environments.append(Environment(str(dotenv), _read_dotenv(Path(dotenv))))
    environments.append(Environment("environment", environment))
    directory = config_dir or _variable(environments, "QTS_CONFIG_DIR")
    layers = Layers()
    layers.set(("home",), ".qts", "default")
    folder = Path(directory) if directory else default_config_dir()
    warnings = _read_directory(layers, folder)
    for one in environments:
        warnings += apply_environment(layers, one)
    if home is not None:
        layers.set(("home",), str(home), "given")
    _place_own_files(layers, folder)
    layers.content["home"] = _absolute_home(str(layers.content["home"]))
    settings = build_settings(layers)
    return LoadedSettings(settings, layers, (*warnings, *_respelt(layers)))


def default_config_dir() -> Path:
    """Return ``./config`` when it holds settings, else the folder shipped with QTS."""
    local = Path("config")
    return local if any((local / names[0]).is_file() for names in SECTION_FILES.values()) else _shipped_dir()


def _shipped_dir() -> Path:
    package = Path(qts_core.__file__).parent
    installed = package / "config" / "shipped"
    return installed if installed.is_dir() else package.parent / "config"


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _variable(environments: list[Environment], name: str) -> str | None:
    for one in reversed(environments):
        if one.values.get(name):
            return one.values[name]
    return None


def _read_directory(layers: Layers, directory: Path) -> list[str]:
    if not directory.is_dir():
        raise MissingConfigError(
            "QTS-CONF-001", "The settings folder does not exist", where=str(directory), fix="check QTS_CONFIG_DIR"
        )
    shipped = _shipped_dir()
    for section, names in SECTION_FILES.items():
        present = [directory / name for name in names if (directory / name).exists()]
        if len(present) > 1:
            raise InvalidConfigError(
                "QTS-CONF-005",
                f"{present[0].name} and {present[1].name} are the same settings file under two names",
                where=str(directory),
                fix="keep one",
            )
        path = present[0] if present else shipped / names[0]
        if path.exists():
            parsed = parse_yaml(_read(path), where=_short(path))
            layers.add(section, parsed.content, parsed.lines, _short(path))
            _refuse_secrets(layers, section)
    known = [name for names in SECTION_FILES.values() for name in names]
    odd = sorted(p.name for p in directory.glob("*.y*ml") if p.name not in known)
    return [f"{directory / name} is read by nothing{nearest(name, known)}" for name in odd]


def _refuse_secrets(layers: Layers, section: str) -> None:
    """Refuse a secret in a settings file: such files are shown, committed and copied."""
    for path, source in layers.sources.items():
        if path[0] == section and dotted(path) in SECRET_KEYS:
            variable = next(v.name for v in VARIABLES if v.key == dotted(path))
            raise InvalidConfigError(
                "QTS-CONF-008", f"The secret {dotted(path)} stands in a settings file", where=source,
                found="a secret", fix=f"take it out and set {variable} in .env",
            )  # fmt: skip


def _place_own_files(layers: Layers, folder: Path) -> None:
    """Make the paths of own features absolute, so that every process finds the same files."""
    features = layers.content.get("features")
    entries = features.get("own") if isinstance(features, dict) else None
    if not isinstance(entries, list):
        return
    for place, entry in enumerate(entries):
        if isinstance(entry, str) and (entry.endswith(".py") or "/" in entry):
            entries[place] = str((folder.absolute() / Path(entry).expanduser()).resolve())


def _absolute_home(text: str) -> str:
    if "://" in text:
        raise InvalidConfigError(
            "QTS-CONF-003", "QTS_HOME is an address", found=masked_address(text), expected="a folder of this machine"
        )
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise InvalidConfigError(
            "QTS-CONF-003", "QTS_HOME names the home of nobody", found=text, expected="a folder", fix=str(error)
        ) from None


def _read(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise MissingConfigError("QTS-CONF-001", "The file cannot be read", where=_short(path), found="no regular file")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigParseError(
                "QTS-CONF-002", "The file is too large", where=_short(path), found=f"{path.stat().st_size} bytes",
                expected=f"at most {LARGEST_BYTES:,}",
            )  # fmt: skip
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigParseError("QTS-CONF-002", "The file is not UTF-8", where=str(path), found=error.reason) from None
    except OSError as error:
        raise MissingConfigError(
            "QTS-CONF-001", "The file cannot be read", where=str(path), found=error.strerror
        ) from None


def _read_dotenv(path: Path) -> dict[str, str]:
    values = parse_dotenv(_read(path), where=_short(path))
    mode = stat.S_IMODE(path.stat().st_mode)
    holds_secrets = not SECRET_VARIABLES.isdisjoint(values)
    if mode & (stat.S_IRWXG | stat.S_IRWXO if holds_secrets else stat.S_IWOTH):
        raise InvalidConfigError(
            "QTS-CONF-007",
            "Others may " + ("use the file of secrets" if holds_secrets else "change the file of settings"),
            where=_short(path),
            found=f"mode {mode:04o}",
            expected="mode 0600",
            fix=f"chmod 600 {_short(path)}",
        )
    return values


def _respelt(layers: Layers) -> Iterator[str]:
    """Yield a warning for each symbol of the universe that is not written in the one spelling."""
    universe = layers.content.get("universe")
    for name in ("symbols", "auxiliary"):
        entries = universe.get(name) if isinstance(universe, dict) else None
        for place, entry in enumerate(entries if isinstance(entries, list) else ()):
            text = entry.get("symbol") if isinstance(entry, dict) else None
            if isinstance(text, str) and (symbol := canonical_symbol(text)) not in (text, None):
                source = layers.source(("universe", name, place, "symbol"))
                yield f"{source} writes the symbol {printable(repr(text))}, which is read as {symbol}"


def _short(path: Path) -> str:
    """Return `path` from the working folder when it lies below it."""
    absolute = path.absolute()
    working = Path.cwd()
    return str(absolute.relative_to(working)) if absolute.is_relative_to(working) else str(path)
