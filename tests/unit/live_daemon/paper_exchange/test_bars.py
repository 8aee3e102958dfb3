"""Time frames and aggregation, against sums by hand and the left-edge rule of the protocol reference, 11.1."""

from __future__ import annotations

import numpy as np
import pytest

from live_daemon.paper_exchange.bars import Columns, TimeFrame, aggregate
from qts_core.market.time import from_micros, to_micros
from tests.unit.live_daemon.paper_exchange.replays import at


@pytest.mark.parametrize("text", ["1Min", "15Min", "59T", "1Hour", "23H", "1Day", "1D", "1Week", "1W", "3Month", "12M"])
def test_alpacas_time_frames_are_understood(text: str) -> None:
    assert TimeFrame.parse(text) is not None


@pytest.mark.parametrize(
    "text", ["", "0Min", "60Min", "24Hour", "2Day", "5Month", "15", "Min", "15min", "-1Min", "1Min "]
)
def test_other_time_frames_are_not(text: str) -> None:
    assert TimeFrame.parse(text) is None


@pytest.mark.parametrize(
    ("frame", "moment", "start"),
    [
        ("15Min", "27 09:44", "27 09:30"), ("1Hour", "27 09:44", "27 09:00"), ("1Day", "27 15:59", "27 00:00"),
        ("1Week", "27 10:00", "25 00:00"),
    ],
)  # fmt: skip
def test_a_bar_is_stamped_with_its_start_in_new_york(frame: str, moment: str, start: str) -> None:
    parsed = TimeFrame.parse(frame)
    assert parsed is not None
    stamps = np.array([to_micros(at(moment))])
    (found,) = parsed.starts(stamps, (stamps // 86_400_000_000).astype(np.int32))
    assert from_micros(int(found)) == at(start)


def test_a_month_begins_at_its_own_midnight_across_the_clock_change() -> None:
    stamps = np.array([to_micros(at("27 10:00"))])
    (found,) = TimeFrame(1, "Month").starts(stamps, (stamps // 86_400_000_000).astype(np.int32))
    assert from_micros(int(found)).isoformat() == "2024-11-01T04:00:00+00:00"  # daylight-saving time until the 3rd


def test_aggregation_takes_first_max_min_last_and_sums() -> None:
    rows = Columns(
        np.array([0, 1, 2]), np.array([10.0, 11, 12]), np.array([13.0, 15, 12]), np.array([9.0, 10, 8]),
        np.array([11.0, 12, 9]), np.array([100.0, 300, 50]), np.array([1.0, 3, 1]), np.array([10.0, 14, 9]),
    )  # fmt: skip
    bars = aggregate(np.array([0, 0, 2]), rows)
    assert bars.start.tolist() == [0, 2]
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (10, 15, 9, 12)
    assert (bars.volume[0], bars.count[0], bars.mean[0]) == (400, 4, 13)  # (10 x 100 + 14 x 300) / 400


def test_rows_on_the_wire_hold_whole_volumes_and_utc_times() -> None:
    values = (1.5, 2.0, 1.0, 1.25, 1000.0, 10.0, 1.4166666666)
    rows = Columns(np.array([to_micros(at("27 09:30"))]), *(np.array([v]) for v in values))
    assert rows.rows() == [
        {"t": "2024-11-27T14:30:00Z", "o": 1.5, "h": 2.0, "l": 1.0, "c": 1.25, "v": 1000, "n": 10, "vw": 1.416667}
    ]
