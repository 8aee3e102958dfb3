"""Limits, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.risk.limits import Sectors, within_limits
from qts_core.risk.pre_trade import PreTrade
from qts_core.risk.settings import LimitSettings

SETTINGS = LimitSettings(max_net_ratio=1.0)
NAMES = ("AA", "AB", "AC", "AD")
FLAT = np.zeros(4)


def sectors(settings: LimitSettings = SETTINGS, names: str = "EEHT") -> Sectors:
    return Sectors.of([Instrument(s, sector=k) for s, k in zip(NAMES, names, strict=True)], settings)


def weights(*values: float) -> Floats:
    return np.array(values)


def test_weights_under_every_cap_pass_untouched_and_unremarked() -> None:
    wanted = weights(0.1, -0.1, 0.05, 0.0)
    fitted, verdicts = within_limits(wanted, FLAT, sectors(), SETTINGS)
    assert fitted.tolist() == wanted.tolist()
    assert verdicts == []


def test_a_position_that_drifted_over_its_cap_is_cut_below_it_with_headroom() -> None:
    current = weights(0.12, 0.0, 0.0, 0.0)
    fitted, verdicts = within_limits(current, current, sectors(), SETTINGS)
    assert fitted[0] == pytest.approx(0.10 * 0.95)
    assert [(v.name, v.is_allowed) for v in verdicts] == [("limit.position", False)]


def test_what_is_held_stays_and_the_newcomer_gets_the_sector_s_room() -> None:
    tight = LimitSettings(max_sector_ratio=0.15)
    current = weights(0.1, 0.0, 0.0, 0.0)
    fitted, verdicts = within_limits(weights(0.1, -0.1, 0.02, 0.0), current, sectors(tight), tight)
    assert fitted.tolist() == pytest.approx([0.1, -0.05, 0.02, 0.0])
    assert verdicts[0].name == "limit.sector"
    assert verdicts[0].room == pytest.approx(-0.05)


def test_gross_over_its_cap_shrinks_the_increases_alike() -> None:
    tight = LimitSettings(max_gross_ratio=0.2, max_net_ratio=1.0)
    fitted, _ = within_limits(weights(0.1, -0.1, 0.1, -0.1), weights(0.1, 0.0, 0.0, 0.0), sectors(tight), tight)
    assert fitted.tolist() == pytest.approx([0.1, -0.1 / 3, 0.1 / 3, -0.1 / 3])


def test_net_over_its_cap_cuts_the_heavy_side_only() -> None:
    tight = LimitSettings(max_net_ratio=0.1)
    fitted, verdicts = within_limits(weights(0.1, 0.1, 0.1, -0.05), FLAT, sectors(tight), tight)
    assert fitted.tolist() == pytest.approx([0.05, 0.05, 0.05, -0.05])
    assert [v.name for v in verdicts] == ["limit.net"]


def test_a_sector_s_own_cap_can_only_be_tighter() -> None:
    settings = LimitSettings(sector_ratios={"E": 0.5, "H": 0.1})
    assert dict(zip(("E", "H", "T"), Sectors.of(
        [Instrument("AA", sector="E"), Instrument("AB", sector="H"), Instrument("AC", sector="T")], settings
    ).caps.tolist(), strict=True)) == {"E": 0.3, "H": 0.1, "T": 0.3}  # fmt: skip


def test_orders_are_admitted_at_their_worst_case_until_the_room_is_gone() -> None:
    tight = LimitSettings(max_gross_ratio=0.25)
    desk = PreTrade(NAMES, weights(0.1, 0.0, 0.0, 0.0), FLAT, sectors(tight, "EHTU"), tight)
    assert desk.admit(1, -0.1).is_allowed
    refused = desk.admit(2, 0.1)
    assert (refused.name, refused.symbol, refused.is_allowed) == ("limit.gross", "AC", False)
    assert refused.value == pytest.approx(0.3)
    assert desk.admit(3, 0.05).is_allowed, "what still fits is let in"


def test_an_exit_gives_no_room_before_it_has_filled() -> None:
    tight = LimitSettings(max_positions=1)
    desk = PreTrade(NAMES, weights(0.1, 0.0, 0.0, 0.0), weights(-0.1, 0.0, 0.0, 0.0), sectors(tight), tight)
    assert desk.admit(0, 0.0).is_allowed, "what reduces risk is never refused"
    assert desk.admit(1, 0.05).name == "limit.count"


def test_an_order_that_is_not_a_number_is_denied() -> None:
    desk = PreTrade(NAMES, FLAT, FLAT, sectors(), SETTINGS)
    assert not desk.admit(0, float("nan")).is_allowed
