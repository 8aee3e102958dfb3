"""The write-ahead journal: one transaction an event, a chain that shows any change (I2, I10; F06, F61)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.market.errors import DataCorruptionError, DataNotFoundError
from qts_core.market.orders import Execution, OrderSide
from qts_core.ports.journal import EpochRecord, Intent, JournalEntry, OrderRow, StoredDecision

NOW = datetime(2024, 12, 31, 15, 0, tzinfo=UTC)


def entry(number: int) -> JournalEntry:
    """Return an event with everything that may follow from one."""
    return JournalEntry(
        "BarsClosed", NOW, f'{{"n":{number}}}', StoredDecision(f"d-{number}", NOW, f"digest-{number}", "{}"),
        (Intent(f"q-{number}", f"d-{number}", "AAA", NOW, False, "{}"),),
        (OrderRow(f"q-{number}", "AAA", "created", "", "0", NOW, ""),),
        Execution(f"x-{number}", f"q-{number}", "AAA", OrderSide.BUY, Decimal("1.50"), Decimal("10"), NOW),
    )  # fmt: skip


def epoch(number: int, first: int) -> EpochRecord:
    """Return an epoch."""
    return EpochRecord(number, 1, first, NOW, "PA1", "ml", "100", ("AAA",), "/m", "m-1", "{}", "{}", "{}")


def filled(path: Path) -> Journal:
    """Return a journal with an epoch and three events."""
    journal = Journal(path)
    journal.claim_lease("me", NOW)
    journal.begin_epoch(epoch(1, journal.next_sequence))
    journal.append([entry(1), entry(2)], epoch=1, lease_epoch=1)
    journal.append([entry(3)], epoch=1, lease_epoch=1)
    return journal


def test_a_reopened_journal_goes_on_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path).close()
    with Journal(path) as journal:
        assert journal.next_sequence == 5
        journal.append([entry(4)], epoch=1, lease_epoch=1)
        assert journal.verify() == 5
        assert [e.body for e in journal.events(2)] == [f'{{"n":{n}}}' for n in (1, 2, 3, 4)]
        assert journal.last_epoch() == epoch(1, 1)


def test_each_lease_fences_the_one_before(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.lease_epoch() == 0
        assert journal.claim_lease("first", NOW) == 1
        assert journal.claim_lease("second", NOW) == 2
        assert journal.lease_epoch() == 2


def test_an_execution_told_twice_is_kept_once_and_an_order_keeps_its_newest_row(tmp_path: Path) -> None:
    with filled(tmp_path / "journal.db") as journal:
        newer = OrderRow("q-1", "AAA", "filled", "b-1", "1.5", NOW, "")
        journal.append([JournalEntry("OrderUpdated", NOW, "{}", orders=(newer,), execution=entry(1).execution)],
                       epoch=1, lease_epoch=1)  # fmt: skip
        assert len(journal.rows("executions")) == 3
        assert journal.rows("orders", client_order_id="q-1")[0]["status"] == "filled"
        assert journal.rows("executions", execution_id="x-1")[0]["quantity"] == "1.5"


@pytest.mark.parametrize(
    "change",
    [
        "update events set body = '{\"n\":9}' where sequence = 3",
        "update events set handled_at = handled_at + 1 where sequence = 2",
        "delete from intents where client_order_id = 'q-2'",
        "update decisions set body = '{\"other\":1}' where decision_id = 'd-1'",
        "update epochs set cash = '1000000'",
        "update intents set body = '{\"quantity\":1}' where client_order_id = 'q-3'",
    ],
)
def test_any_change_behind_its_back_breaks_the_chain(tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal.db"
    filled(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    with Journal(path) as journal, pytest.raises(DataCorruptionError, match="QTS-LIVE-002"):
        journal.verify()


def test_a_file_that_is_no_journal_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all, but long enough to look like one" * 100)
    with pytest.raises(DataCorruptionError, match="QTS-LIVE-002"):
        Journal(path)


def test_a_missing_journal_is_named_when_only_reading(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="no journal"):
        Journal(tmp_path / "journal.db", create=False)


def test_nothing_of_a_failed_transaction_stays(tmp_path: Path) -> None:
    with filled(tmp_path / "journal.db") as journal:
        broken = JournalEntry("BarsClosed", NOW, "{}", intents=(Intent("q-9", "d", None, NOW, False, "{}"),))  # type: ignore[arg-type]
        with pytest.raises(Exception, match="NOT NULL"):
            journal.append([entry(8), broken], epoch=1, lease_epoch=1)
        assert journal.rows("intents", client_order_id="q-8") == []
