"""From an order to what led to it: decision, verdicts, model, features, and what became of it (specification 13.4)."""

from __future__ import annotations

from qts_core.adapters.db.journal import Journal
from qts_core.market.time import from_micros
from qts_core.trading.decision import Decision

__all__ = ["explain_order"]


def explain_order(journal: Journal, name: str) -> dict[str, object] | None:
    """Return what is known of the order whose client or broker id contains `name`, or None."""
    orders = [row for row in journal.rows("orders") if name in (row["client_order_id"], row["broker_order_id"])]
    if not orders:
        orders = [row for row in journal.rows("orders") if name in str(row["client_order_id"])]
    if not orders:
        return None
    order = orders[-1]
    identity = str(order["client_order_id"])
    found: dict[str, object] = {
        "client_order_id": identity, "broker_order_id": order["broker_order_id"], "symbol": order["symbol"],
        "status": order["status"], "filled_quantity": order["filled_quantity"], "reason": order["reason"],
    }  # fmt: skip
    found["sends"] = [
        {
            "at": from_micros(int(str(r["sent_at"]))).isoformat(),
            "outcome": r["outcome"],
            "lease_epoch": r["lease_epoch"],
        }
        for r in journal.rows("sends", client_order_id=identity)
    ]
    found["executions"] = [
        {k: row[k] for k in ("execution_id", "side", "quantity", "price", "commission")}
        for row in journal.rows("executions", client_order_id=identity)
    ]
    intents = journal.rows("intents", client_order_id=identity)
    stored = journal.decision(str(intents[0]["decision_id"])) if intents else None
    return found | _decision(Decision.from_json(stored.body), str(order["symbol"])) if stored else found


def _decision(decision: Decision, symbol: str) -> dict[str, object]:
    column = decision.symbols.index(symbol)
    mine = next((o for o in decision.orders if o.request.symbol == symbol), None)
    arrays = ("score", "uncertainty", "strength", "confidence", "combined", "size", "target_weight", "current_weight",
              "price", "volatility")  # fmt: skip
    return {
        "decision_id": decision.decision_id,
        "decided_at": decision.ts_known.isoformat(),
        "why": mine.reason if mine else "",
        "model_id": decision.model_id,
        "numbers": {name: float(getattr(decision, name)[column]) for name in arrays},
        "verdicts": [
            {"name": v.name, "is_allowed": v.is_allowed, "reason": v.reason}
            for v in decision.verdicts
            if v.symbol in (symbol, "*")
        ],
        "features": list(dict(decision.order_features).get(symbol, ())),
        "equity": decision.equity,
        "hashes": {name: getattr(decision.hashes, name) for name in type(decision.hashes).__slots__},
        "replay": f"qts replay {decision.decision_id}",
    }
