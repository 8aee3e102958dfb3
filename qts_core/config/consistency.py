"""Settings that contradict each other: one function per rule, all reported at once (bad inputs B68, B69; X-31)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from qts_core.config.ensembles import entry_contradictions
from qts_core.config.hyperparameters.tables import hyperparameter_contradictions
from qts_core.config.settings import Settings
from qts_core.config.training import fold_contradictions
from qts_core.config.uncertainty import uncertainty_contradictions
from qts_core.market.calendar import LAST_DAY

__all__ = ["RULES", "absences", "contradictions"]

Rule = Callable[[Settings], Iterator[str]]
PAPER_HOST = "paper-api.alpaca.markets"
LIVE_HOST = "api.alpaca.markets"


def contradictions(settings: Settings) -> list[str]:
    """Return one sentence per contradiction, with both keys and both values."""
    return [sentence for rule in RULES for sentence in rule(settings)]


def _broker(settings: Settings) -> Iterator[str]:
    alpaca, mode = settings.alpaca, settings.trading.mode
    host = urlsplit(alpaca.base_url).hostname
    if mode == "live" and alpaca.paper_trading:
        yield "trading.mode is live but alpaca.paper_trading is true; real money needs ALPACA_PAPER_TRADING=false"
    if mode == "paper" and not alpaca.paper_trading:
        yield "trading.mode is paper but alpaca.paper_trading is false"
    if host == LIVE_HOST and alpaca.paper_trading:
        yield f"alpaca.base_url is the live host {LIVE_HOST} but alpaca.paper_trading is true"
    if host == PAPER_HOST and not alpaca.paper_trading:
        yield f"alpaca.base_url is the paper host {PAPER_HOST} but alpaca.paper_trading is false"


def absences(settings: Settings) -> list[str]:
    """Return one sentence per secret that other settings ask for; an empty variable counts as not set (B70)."""
    alpaca, found = settings.alpaca, []
    if (alpaca.api_key is None) != (alpaca.secret_key is None):
        there, absent = (
            ("ALPACA_API_KEY", "ALPACA_SECRET_KEY") if alpaca.api_key else ("ALPACA_SECRET_KEY", "ALPACA_API_KEY")
        )
        found.append(f"{there} is set but {absent} is not")
    if settings.trading.mode == "live" and not alpaca.has_keys:
        found.append("trading.mode is live but ALPACA_API_KEY and ALPACA_SECRET_KEY are not both set")
    return found


def _keys(settings: Settings) -> Iterator[str]:
    alpaca = settings.alpaca
    if alpaca.api_key is None:
        return
    # Alpaca's key ids begin with PK on paper accounts and AK on live ones.
    prefix = alpaca.api_key.get_secret_value()[:2]
    if prefix == "PK" and not alpaca.paper_trading:
        yield "ALPACA_API_KEY is a paper key (PK...) but alpaca.paper_trading is false"
    if prefix == "AK" and alpaca.paper_trading:
        yield "ALPACA_API_KEY is a live key (AK...) but alpaca.paper_trading is true"


def _limits(settings: Settings) -> Iterator[str]:
    sizing, portfolio, limits = settings.risk.position_sizing, settings.risk.portfolio, settings.risk.risk_limits
    ordered = (
        ("risk.position_sizing.min_position_pct", sizing.min_position_pct),
        ("risk.position_sizing.max_position_pct", sizing.max_position_pct),
        ("risk.portfolio.max_sector_exposure", portfolio.max_sector_exposure),
        ("risk.portfolio.max_gross_exposure", portfolio.max_gross_exposure),
    )
    losses = (
        ("risk.risk_limits.daily_loss_limit", limits.daily_loss_limit),
        ("risk.risk_limits.weekly_loss_limit", limits.weekly_loss_limit),
        ("risk.risk_limits.monthly_loss_limit", limits.monthly_loss_limit),
    )
    for chain in (ordered, losses, (losses[0], ("risk.risk_limits.max_drawdown", limits.max_drawdown))):
        for (smaller, low), (larger, high) in pairwise(chain):
            if low > high:
                yield f"{smaller} is {low:g} but {larger} is {high:g}, which must not be less"
    for sector, limit in sorted(settings.universe.sector_limits.items()):
        if limit > portfolio.max_sector_exposure:
            yield (
                f"universe.sector_limits.{sector} is {limit:g} but risk.portfolio.max_sector_exposure is "
                f"{portfolio.max_sector_exposure:g}; a sector's own limit may only be tighter"
            )


def _ladder(settings: Settings) -> Iterator[str]:
    levels = settings.risk.drawdown_actions.levels
    for place, (lower, upper) in enumerate(pairwise(levels)):
        if lower.threshold >= upper.threshold:
            yield (
                f"risk.drawdown_actions.levels[{place}].threshold is {lower.threshold:g} but levels[{place + 1}] has "
                f"{upper.threshold:g}; thresholds must rise"
            )
        if lower.action == upper.action == "reduce_size" and lower.reduction > upper.reduction:
            yield (
                f"risk.drawdown_actions.levels[{place}].reduction is {lower.reduction:g} but levels[{place + 1}] has "
                f"{upper.reduction:g}; a deeper drawdown must not mean larger positions"
            )
    limit = settings.risk.risk_limits.max_drawdown
    if levels and levels[-1].threshold > limit:
        yield (
            f"risk.drawdown_actions.levels[{len(levels) - 1}].threshold is {levels[-1].threshold:g} but "
            f"risk.risk_limits.max_drawdown is {limit:g}; the ladder must end at or before it"
        )


def _kill_and_checks(settings: Settings) -> Iterator[str]:
    kill, risk = settings.risk.kill_switch, settings.risk
    for name, actions in (("actions", kill.actions), *((f"policy.{k}", v) for k, v in sorted(kill.policy.items()))):
        where = f"risk.kill_switch.{name}"
        if "flatten_positions" in actions and "cancel_all_orders" not in actions[: actions.index("flatten_positions")]:
            yield f"{where} flattens positions but does not cancel all orders first; an open order could reopen them"
        if "halt_trading" not in actions:
            yield f"{where} is {', '.join(actions) or 'empty'} but has no halt_trading; what was stopped would go on"
        if "shut_down" in actions[:-1]:
            yield f"{where} shuts down before {actions[-1]}; shut_down must be last"
    wild = risk.volatility_limits
    if wild.severe <= wild.threshold:
        yield (
            f"risk.volatility_limits.threshold is {wild.threshold:g} but risk.volatility_limits.severe is "
            f"{wild.severe:g}, which must be more"
        )
    unknown = sorted(set(risk.pre_trade.restricted_symbols) - {item.symbol for item in settings.universe.symbols})
    if unknown and settings.universe.symbols:
        yield f"risk.pre_trade.restricted_symbols has {', '.join(unknown)} but the universe does not"


def _models(settings: Settings) -> Iterator[str]:
    models = settings.models
    if models.models and models.live_model not in models.models:
        yield f"models.live_model is {models.live_model} but models.models has only {', '.join(sorted(models.models))}"
    for key, model in models.models.items():
        if model.features.selection.method == "chi_square" and model.task != "classification":
            yield (
                f"models.models.{key}.features.selection.method is chi_square but task is {model.task}; "
                "it needs classes"
            )
        yield from fold_contradictions(model.training, f"models.models.{key}.training")
        yield from hyperparameter_contradictions(model, f"models.models.{key}.hyperparameters")
        yield from uncertainty_contradictions(
            model.uncertainty, is_classifier=model.task == "classification", target=model.target,
            horizon_bars=model.horizon_bars, where=f"models.models.{key}.uncertainty",
        )  # fmt: skip
    yield from entry_contradictions(models)
    live = models.models.get(models.live_model)
    if live and models.prediction_horizon is not None and models.prediction_horizon != live.horizon_bars:
        yield (
            f"models.prediction_horizon is {models.prediction_horizon} but models.models.{models.live_model}.target is "
            f"{live.target}"
        )


def _timing(settings: Settings) -> Iterator[str]:
    trading, monitoring = settings.trading, settings.monitoring
    if trading.trading_start_time >= trading.trading_end_time:
        yield (
            f"trading.trading_start_time is {trading.trading_start_time} but trading.trading_end_time is "
            f"{trading.trading_end_time}"
        )
    if trading.signals.exit_threshold > trading.signal_threshold:
        yield (
            f"trading.signals.exit_threshold is {trading.signals.exit_threshold:g} but trading.signal_threshold is "
            f"{trading.signal_threshold:g}; a position would be closed as soon as it is opened"
        )
    if trading.orders.max_messages_per_minute > settings.alpaca.rate_limit_per_minute:
        yield (
            f"trading.orders.max_messages_per_minute is {trading.orders.max_messages_per_minute} but "
            f"alpaca.rate_limit_per_minute is {settings.alpaca.rate_limit_per_minute}"
        )
    if monitoring.metrics_port is not None and monitoring.metrics_port != trading.dashboard_port:
        yield (
            f"monitoring.metrics_port is {monitoring.metrics_port} but trading.dashboard_port is "
            f"{trading.dashboard_port}; both are served on one port"
        )


def _universe(settings: Settings) -> Iterator[str]:
    if settings.universe.universe.update_date > LAST_DAY:
        yield f"universe.universe.update_date is after the calendar's last day {LAST_DAY}"


RULES: tuple[Rule, ...] = (_broker, _keys, _limits, _ladder, _kill_and_checks, _models, _timing, _universe)
