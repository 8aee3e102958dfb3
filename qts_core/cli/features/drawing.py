"""A feature on the user's own bars, drawn in the terminal or as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from qts_core.cli.output import write_page
from qts_core.market.errors import DataNotFoundError, InvalidConfigError

if TYPE_CHECKING:
    from qts_core.config.settings import Settings
    from qts_core.features import FeatureSpec
    from qts_core.market.panel import Floats

__all__ = ["Drawing", "drawing_of", "drawing_text", "drawn_json", "write_svg"]

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The last values of a feature, or why there are none.

    Attributes
    ----------
    symbol : str
    starts : tuple of str
        Start of each bar, UTC.
    days : tuple of date
        Its session.
    values : float64 [n]
    reason : str
        Why nothing could be drawn; empty when something could.
    """

    symbol: str
    starts: tuple[str, ...]
    days: tuple[date, ...]
    values: Floats
    reason: str = ""


def drawing_of(spec: FeatureSpec, settings: Settings, symbol: str | None, bars: int) -> Drawing:
    """Compute a feature on the last months of the lake's bars; without bars or symbols it needs, say so.

    Raises
    ------
    DataNotFoundError
        QTS-DATA-013 if `symbol` is named and has no bars.
    """
    import numpy as np

    from qts_core.cli.compose import open_lake
    from qts_core.features import Catalogue
    from qts_core.features.store import compute_panel
    from qts_core.market.calendar import xnys
    from qts_core.market.time import from_micros
    from qts_core.research.feature_audit import audit_sample

    def nothing(reason: str) -> Drawing:
        return Drawing("", (), (), np.empty(0), reason)

    try:
        named = () if symbol is None else (symbol,)
        sample = audit_sample(open_lake(settings), settings, calendar=xnys(), include=named)
    except DataNotFoundError:
        if symbol is not None:
            raise
        return nothing("not drawn: there are no bars yet; `qts data import PATH` or `qts data synth` gives some")
    absent = [role for role in spec.roles if role not in sample.roles.columns]
    if absent:
        return nothing(f"not drawn: no symbol of the lake plays {', '.join(absent)}")
    panel = sample.panel
    column = panel.symbols.index(symbol) if symbol is not None else int(np.argmax(sample.roles.counts))
    values = compute_panel(panel, Catalogue([spec]), roles=sample.roles).values[0, :, column]
    there = np.flatnonzero(~np.isnan(panel["close"][:, column]))[-bars:]
    line = panel.timeline
    return Drawing(
        panel.symbols[column],
        tuple(f"{from_micros(int(line.ts_event[row])):%Y-%m-%d %H:%M}" for row in there),
        tuple(EPOCH + timedelta(days=int(line.session[row])) for row in there),
        values[there],
    )


def drawing_text(drawing: Drawing) -> str:
    """Return the values as bars of text, with the span below."""
    from qts_core.features.sketch import plot_lines

    if drawing.reason:
        return drawing.reason
    span = f"{drawing.symbol}, {len(drawing.values)} bars, {drawing.starts[0]} to {drawing.starts[-1]} UTC"
    return "\n".join([*plot_lines(drawing.values), span])


def drawn_json(drawing: Drawing) -> dict[str, object] | None:
    """Return the values by bar, null where there is none; nothing when nothing was drawn."""
    if drawing.reason:
        return None
    values = [None if value != value else value for value in drawing.values.tolist()]
    return {"symbol": drawing.symbol, "bars": drawing.starts, "values": values}


def write_svg(path: Path, drawing: Drawing, spec: FeatureSpec) -> None:
    """Write the values as a picture that carries its own colours.

    Raises
    ------
    InvalidConfigError
        QTS-CLI-001 if there is nothing to draw, or the file cannot be written.
    """
    from qts_core.report.figures import line_chart

    if drawing.reason:
        raise InvalidConfigError("QTS-CLI-001", "there is nothing to draw", where="--svg", found=drawing.reason)
    title = f"{spec.name} of {drawing.symbol}"
    picture = line_chart(drawing.days, {drawing.symbol: drawing.values}, title=title, unit=spec.unit)
    write_page(path, picture, option="--svg", what="picture")
