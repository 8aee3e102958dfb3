"""A version that is refused is told of once, and tried again when somebody has judged it anew."""

from __future__ import annotations

import asyncio
from typing import cast

from live_daemon.model_watch import ModelWatch
from live_daemon.models import ModelSource, ReadyModel
from qts_core.market.errors import ModelError, ModelLoadError

READY = cast(ReadyModel, object())


class Source:
    """What the registry and the gate records say, as a test sets it."""

    is_watched = True

    def __init__(self) -> None:
        self.version, self.record = "1", "green"
        self.error: ModelError | None = None
        self.fetched = 0

    def wanted_version(self) -> str:
        return self.version

    def judged(self, version: str) -> str:
        return self.record

    def fetch(self) -> ReadyModel:
        self.fetched += 1
        if self.error is not None:
            raise self.error
        return READY


class Desk:
    def __init__(self) -> None:
        self.source, self.ready, self.told = Source(), 0, list[str]()
        self.watch = ModelWatch(
            cast(ModelSource, self.source), "1", poll_seconds=1.0, on_ready=self.swap, on_refused=self.told.append
        )

    def swap(self, model: ReadyModel) -> None:
        assert model is READY
        self.ready += 1

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            asyncio.run(self.watch.look())


def test_the_version_that_trades_is_never_fetched_again_and_another_one_once() -> None:
    desk = Desk()
    desk.look(3)
    assert desk.source.fetched == 0
    desk.source.version = "2"
    desk.look(3)
    assert (desk.source.fetched, desk.ready, desk.told) == (1, 1, [])


def test_a_refused_version_is_told_once_and_tried_again_when_it_gets_another_record() -> None:
    desk = Desk()
    desk.source.version, desk.source.record = "2", "red"
    desk.source.error = ModelLoadError("QTS-MODEL-005", "the promoted version may not trade", found="a gate refuses it")
    desk.look(4)
    assert (desk.source.fetched, desk.ready, len(desk.told)) == (1, 0, 1)
    desk.source.record, desk.source.error = "forced", None
    desk.look(2)
    assert (desk.source.fetched, desk.ready, len(desk.told)) == (2, 1, 1)


def test_a_version_that_cannot_be_had_is_tried_at_every_look_and_told_once() -> None:
    desk = Desk()
    desk.source.version = "2"
    desk.source.error = ModelError("QTS-MODEL-006", "the registry does not answer")
    desk.look(3)
    assert (desk.source.fetched, len(desk.told)) == (3, 1)
    desk.source.error = None
    desk.look()
    assert desk.ready == 1


def test_a_refusal_is_forgotten_once_the_alias_is_back_where_it_was() -> None:
    desk = Desk()
    desk.source.version = "2"
    desk.source.error = ModelLoadError("QTS-MODEL-005", "the promoted version may not trade")
    desk.look()
    desk.source.version = "1"
    desk.look()
    desk.source.version = "2"
    desk.look()
    assert len(desk.told) == 2
