"""`qts backtest`: the strategies of trading.yaml on history, in one account with a ledger each (specification 11.1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.dates import day_option
from qts_core.cli.output import print_json, print_table

if TYPE_CHECKING:
    from qts_core.backtest import BacktestResult

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Test the strategies of trading.yaml on the lake's clean bars."
)


@app.command()
def backtest(
    first: Annotated[date | None, day_option("--from", help="First session.")] = None,
    last: Annotated[date | None, day_option("--to", help="Last session.")] = None,
    costs: Annotated[str, typer.Option(help="Fill mode; that of backtest.yaml by default.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the configured strategies in one account, net of costs; their ledgers add up to it.

    \b
    Examples:
      qts backtest
      qts backtest --from 2024-01-02 --to 2024-06-28 --costs pessimistic
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake
    from qts_core.market.calendar import xnys
    from qts_core.research.configured_strategies import backtest_strategies

    settings = load_settings().settings
    result = backtest_strategies(
        open_lake(settings), settings, calendar=xnys(), first=first, last=last, fill_mode=costs
    )
    if json:
        print_json({"account": result.summary(), "ledgers": _ledgers(result), "digest": result.decisions_digest})
        return
    print_table(("account", "value"), [(name, round(value, 6)) for name, value in result.summary().items()])
    typer.echo("")
    columns = ("strategy", "initial_cash", "final_equity", "net_return", "commissions", "trades", "positions")
    print_table(columns, [tuple(line[name] for name in columns) for line in _ledgers(result)])


def _ledgers(result: BacktestResult) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for ledger in result.ledgers.values():
        start = float(ledger.initial_cash)
        end = float(ledger.equity[-1]) if len(ledger.equity) else start
        lines.append(
            {
                "strategy": ledger.strategy, "model_id": ledger.model_id, "initial_cash": start,
                "final_equity": round(end, 2), "net_return": round(end / start - 1.0, 6),
                "commissions": float(ledger.commissions), "trades": len(ledger.trades),
                "positions": len(ledger.positions),
            }
        )  # fmt: skip
    return lines
