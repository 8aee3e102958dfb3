"""A command group that imports a command only when it is run, so that `qts --help` is instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from qts_core.market.errors import MissingConfigError

__all__ = ["LazyCommand", "LazyGroup"]


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command that lives in another module as ``app``, a Typer.

    Attributes
    ----------
    module : str
        Full name of the module.
    help : str
        Line shown in the list of commands.
    """

    module: str
    help: str

    def load(self, name: str) -> Any:
        """Import the command; Typer does not export the class of what comes back.

        Raises
        ------
        MissingConfigError
            If the module, or a package that it needs, is not installed.
        """
        try:
            app: typer.Typer = import_module(self.module).app
        except ImportError as error:
            raise MissingConfigError(
                "QTS-CLI-002",
                f"`{name}` needs a part that is not installed",
                where=self.module,
                found=str(error),
                fix="install it, or run `make venv`",
            ) from error
        command = get_command(app)
        command.name = name
        return command


class LazyGroup(TyperGroup):
    """A group whose commands are declared in `lazy_commands`."""

    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands whose module is there."""
        present = [name for name, command in self.lazy_commands.items() if find_spec(command.module) is not None]
        return [*present, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in for lists; `resolve_command` gives the real one."""
        command = self.lazy_commands.get(cmd_name)
        if command is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=command.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that `args` begins with, importing it now."""
        command = self.lazy_commands.get(args[0])
        if command is None:
            return super().resolve_command(ctx, args)
        return args[0], command.load(args[0]), args[1:]
