"""`qts config`: what the settings are, where each came from, and whether they hold together (specification 15.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qts_core.cli.output import note, print_json, print_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Show and check settings.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(
    section: Annotated[str, typer.Argument(help="Only keys that begin with this, such as risk.portfolio.")] = "",
    sources: Annotated[bool, typer.Option("--sources", help="Also print where each value came from.")] = False,
    json: Json = False,
) -> None:
    """Print every effective value; secrets are masked.

    \b
    Examples:
      qts config show risk --sources
      qts config show --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.config.problems import nearest
    from qts_core.config.settings import Settings
    from qts_core.config.shown import shown_values

    loaded = load_settings()
    values = [v for v in shown_values(loaded.settings, loaded.layers) if v.key.startswith(section)]
    if not values:
        raise typer.BadParameter(f"no setting begins with {section}{nearest(section, Settings.model_fields)}")
    if json:
        content = {v.key: {"value": v.value, "source": v.source} if sources else v.value for v in values}
        print_json({"configuration_hash": loaded.settings.configuration_hash, "settings": content})
        return
    rows = [(v.key, _text(v.value), v.source) if sources else (v.key, _text(v.value)) for v in values]
    print_table(("key", "value", "source") if sources else ("key", "value"), rows)


@app.command()
def check(json: Json = False) -> None:
    """Validate all settings and name everything odd.

    \b
    Examples:
      qts config check
      TRADING_MODE=live qts config check
    """
    from qts_core.adapters.settings_files import load_settings

    loaded = load_settings()
    if json:
        content = {"ok": True, "configuration_hash": loaded.settings.configuration_hash, "warnings": loaded.warnings}
        print_json(content)
        return
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    typer.echo(f"The settings are valid. configuration hash {loaded.settings.configuration_hash[:12]}")


@app.command()
def reference(
    folder: Annotated[Path, typer.Argument(help="The folder `docs` that holds reference/ and concepts/.")],
) -> None:
    """Write every page that is made from declarations: settings, errors, exit codes, features, metrics.

    \b
    Examples:
      qts config reference docs
      qts config reference /tmp/pages
    """
    from qts_core.cli.reference import reference_pages

    for name, text in reference_pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        note(f"wrote {path}")


def _text(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(str(child) for child in value) + "]"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
