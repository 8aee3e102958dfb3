"""What predictions of each target are judged by, and which of them may trade."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.panel import Panel
from qts_core.targets import TargetKind, forward_return, judged_values, labels_for, parse_target
from qts_core.targets.declared import TargetSpec
from tests.unit.qts_core.targets.market_for_tests import market

TRADED = {"return", "relative_return", "direction", "direction_flat", "regime", "triple_barrier"}


@pytest.fixture(scope="module")
def panel() -> Panel:
    return market()


@pytest.mark.parametrize("kind", TargetKind)
def test_targets_of_the_return_are_judged_by_it_and_others_by_themselves(panel: Panel, kind: TargetKind) -> None:
    target = parse_target(f"{kind.value}_10bar")
    labels = labels_for(target, panel)
    judged = judged_values(target, labels, panel)
    assert target.spec.is_return == (kind.value in TRADED)
    if target.spec.is_return:
        np.testing.assert_array_equal(judged, forward_return(panel, 10).values)
    elif target.is_classification:
        np.testing.assert_array_equal(judged, 2.0 * labels.values - 1.0)
    else:
        np.testing.assert_array_equal(judged, labels.values)


def test_every_class_needs_a_sign() -> None:
    with pytest.raises(ValueError, match="needs a sign"):
        TargetSpec("", "class", ("a", "b"), (1.0,))
