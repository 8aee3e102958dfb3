"""The daemon's journal, the same on SQLite and PostgreSQL (invariants I2, I10; faults F06, F61; bad input B55)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from qts_core.adapters.db.engine import connect_engine, writer
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.db.stores import JOURNAL
from qts_core.market.errors import DataConnectionError, DataCorruptionError, DataNotFoundError
from qts_core.market.orders import Execution, OrderSide
from qts_core.ports.journal import EpochRecord, Intent, JournalEntry, OrderRow, StoredDecision
from tests.support.postgres import PostgresServer

NOW = datetime(2024, 12, 31, 15, 0, 0, 1, tzinfo=UTC)
WORDS = "'; DROP TABLE orders;--"


def entry(number: int, symbol: str = "AAA", price: str = "10", reason: str = "") -> JournalEntry:
    """Return an event with everything that may follow from one."""
    return JournalEntry(
        "BarsClosed", NOW, f'{{"n":{number}}}', StoredDecision(f"d-{number}", NOW, f"digest-{number}", "{}"),
        (Intent(f"q-{number}", f"d-{number}", symbol, NOW, False, "{}"),),
        (OrderRow(f"q-{number}", symbol, "created", "", "0", NOW, reason),),
        Execution(f"x-{number}", f"q-{number}", symbol, OrderSide.BUY, Decimal("1.50"), Decimal(price), NOW),
    )  # fmt: skip


def filled(url: str) -> Journal:
    """Return a journal with an epoch and three events."""
    journal = Journal(url)
    journal.claim_lease("me", NOW)
    journal.begin_epoch(EpochRecord(1, 1, 1, NOW, "PA1", "ml", "100.10", ("AAA",), "/m", "m-1", "{}", "{}", "{}"))
    journal.append([entry(1), entry(2)], epoch=1, lease_epoch=1)
    journal.append([entry(3)], epoch=1, lease_epoch=1)
    return journal


def change(url: str, statement: str) -> None:
    """Change the journal behind its back."""
    engine = connect_engine(url, schema=JOURNAL.schema)
    with writer(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_reopened_journal_goes_on_where_it_stood(url: str) -> None:
    filled(url).close()
    with Journal(url, create=False) as journal:
        assert journal.next_sequence == 5
        journal.append([entry(4)], epoch=1, lease_epoch=1)
        assert journal.verify() == 5
        assert [e.body for e in journal.events(2, before=5)] == [f'{{"n":{n}}}' for n in (1, 2, 3)]
        epoch = journal.last_epoch()
        assert epoch is not None
        assert (epoch.cash, epoch.symbols, epoch.started_at) == ("100.10", ("AAA",), NOW)
        found = journal.decision("d-4")
        assert found is not None
        assert found.ts_event == NOW


def test_each_lease_fences_the_one_before_even_when_all_claim_at_once(url: str) -> None:
    Journal(url).close()

    def claim(number: int) -> int:
        with Journal(url) as journal:
            return journal.claim_lease(f"daemon {number}", NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(8))) == list(range(1, 9))
    with Journal(url) as journal:
        assert journal.lease_epoch() == 8


def test_amounts_come_back_with_every_digit(url: str) -> None:
    price = "123456789012345678.000000000000000001"
    with filled(url) as journal:
        journal.append([entry(9, price=price)], epoch=1, lease_epoch=1)
        row = journal.rows("executions", execution_id="x-9")[0]
    assert (Decimal(str(row["price"])), row["quantity"]) == (Decimal(price), "1.5")


def test_an_execution_told_twice_is_kept_once_and_an_order_keeps_its_newest_row(url: str) -> None:
    with filled(url) as journal:
        newer = OrderRow("q-1", "AAA", "filled", "b-1", "1.5", NOW, "")
        journal.append([JournalEntry("OrderUpdated", NOW, "{}", orders=(newer,), execution=entry(1).execution)],
                       epoch=1, lease_epoch=1)  # fmt: skip
        assert len(journal.rows("executions")) == 3
        assert journal.rows("orders", client_order_id="q-1")[0]["status"] == "filled"
        assert [row["sequence"] for row in journal.rows("intents")] == [2, 3, 4]
        assert journal.verify() == 5


def test_text_that_looks_like_sql_is_only_text(url: str) -> None:
    """B55: as symbol, reason and note; the row counts are those of what was written."""
    with filled(url) as journal:
        journal.append([entry(4, symbol=WORDS[:16], reason=WORDS)], epoch=1, lease_epoch=1)
        journal.record_send("q-4", NOW, 1, WORDS)
        journal.note(NOW, "alert", {"text": WORDS})
        sizes = {t: len(journal.rows(t)) for t in ("orders", "executions", "intents", "sends", "notes")}
        assert sizes == {"orders": 4, "executions": 4, "intents": 4, "sends": 1, "notes": 1}
        assert journal.rows("orders", client_order_id="q-4")[0]["reason"] == WORDS
        assert journal.rows("orders", client_order_id=WORDS) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update events set body = '{}' where sequence = 3",
        "delete from intents where client_order_id = 'q-2'",
        "update decisions set body = 'other' where decision_id = 'd-1'",
        "update epochs set cash = '1000000'",
    ],
)
def test_any_change_behind_its_back_breaks_the_chain(url: str, statement: str) -> None:
    filled(url).close()
    change(url, statement)
    with Journal(url) as journal, pytest.raises(DataCorruptionError, match="QTS-LIVE-002"):
        journal.verify()


def test_after_a_failed_transaction_the_chain_goes_on_from_what_is_stored(url: str) -> None:
    with filled(url) as journal:
        broken = JournalEntry("BarsClosed", NOW, "{}", intents=(Intent("q-9", "d", None, NOW, False, "{}"),))  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            journal.append([entry(8), broken], epoch=1, lease_epoch=1)
        assert journal.rows("intents", client_order_id="q-8") == []
        journal.append([entry(4)], epoch=1, lease_epoch=1)
        assert journal.verify() == 5


def test_a_missing_journal_is_named_when_only_reading(url: str) -> None:
    with pytest.raises(DataNotFoundError, match="no journal"):
        Journal(url, create=False)


def test_a_lost_connection_is_one_clear_error_and_nothing_is_half_written(
    postgres: PostgresServer, postgres_url: str
) -> None:
    with filled(postgres_url) as journal:
        postgres.disconnect_everybody(postgres_url)
        with pytest.raises(DataConnectionError, match="QTS-DB-001"):
            journal.append([entry(4)], epoch=1, lease_epoch=1)
        journal.append([entry(4)], epoch=1, lease_epoch=1)
        assert journal.verify() == 5
