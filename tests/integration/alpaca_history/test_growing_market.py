"""A downloaded market grows in Dagster: the sessions that are missing come when their month is materialised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.history import HistoryRequest, download_history
from qts_core.data.downloads import admit_history
from qts_core.data.ingest import load_actions
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import materialise, open_instance
from qts_dagster.lib.growth import bring_in, feed_of
from tests.contract.alpaca.serving import KEY, SECRET, Served, serving
from tests.unit.live_daemon.paper_exchange.replays import FRIDAY, SYMBOLS, TUESDAY, WEDNESDAY, venue

NOW = datetime(2024, 12, 2, 12, 0, tzinfo=UTC)
MONTH = "2024-11-01"


@pytest.fixture
def served() -> Iterator[Served]:
    """The exchange after its last session."""
    with serving(venue()) as running:
        running.advance(until="2024-12-02T12:00:00Z")
        yield running


@pytest.fixture
def platform(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A home whose lake holds the sessions up to Wednesday, downloaded from that exchange."""
    for name, value in {"ALPACA_DATA_URL": served.rest, "ALPACA_API_KEY": KEY, "ALPACA_SECRET_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    platform = Platform(home=str(tmp_path / "home"))
    request = HistoryRequest(SYMBOLS, TUESDAY, WEDNESDAY)
    found = download_history(
        Endpoint(served.rest, served.rest, "", "", KEY, SECRET), request, folder=tmp_path / "downloads",
        calendar=platform.calendar, now=NOW,
    )  # fmt: skip
    admit_history(
        platform.lake, found.frame, calendar=platform.calendar, now=NOW, source=request.source, actions=found.actions,
        instruments=platform.settings.universe.instruments(SYMBOLS),
    )  # fmt: skip
    assert platform.source().last == WEDNESDAY
    return platform


def test_the_missing_session_comes_with_its_actions_and_a_second_call_brings_nothing(platform: Platform) -> None:
    assert feed_of(platform.source()) == "iex"
    assert bring_in(platform, FRIDAY, NOW) is not None
    assert platform.source().last == FRIDAY
    assert platform.lake.read("raw_bars").height == 3 * (26 + 26 + 14)
    assert load_actions(platform.lake)["kind"].to_list() == ["dividend", "split"]
    assert bring_in(platform, FRIDAY, NOW) is None


def test_materialising_the_month_brings_the_session_and_doing_it_again_changes_nothing(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    definitions = build_definitions(platform)
    with open_instance(platform.settings.home) as instance:
        done = materialise(definitions, instance, ("raw_bars", "clean_bars"), months=(MONTH,))
        assert done.metadata["raw_bars"]["outcome"] == "computed"
        assert done.rows["raw_bars"] == 3 * (26 + 26 + 14)
        again = materialise(definitions, instance, ("raw_bars", "clean_bars"), months=(MONTH,))
        assert again.metadata["raw_bars"]["outcome"] == "unchanged"
        assert _checks(instance) == {"schema", "ranges", "keys", "row_count", "freshness"}


def _checks(instance: dg.DagsterInstance) -> set[str]:
    """Return the checks of the raw bars' contract that passed."""
    names = ("schema", "ranges", "keys", "row_count", "freshness")
    keys = [dg.AssetCheckKey(dg.AssetKey("raw_bars"), name) for name in names]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key.name for key, record in found.items() if record.status.value == "SUCCEEDED"}
