"""Windows, purged edges, and strategies with their ranges."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qts_core.market.bars import BarSlice
from qts_core.market.errors import InvalidConfigError, TrainingError
from qts_core.research.walk_forward.examples import Crossover, Reversal
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.research.walk_forward.strategies import find_strategy, space_of
from qts_core.research.walk_forward.windows import lay_out
from qts_core.trading.strategy import View
from qts_core.training.folds.walk_forward import Windows
from qts_core.training.search.space import Choice, Number
from tests.support.walk_forward import market, timeline

OWN = """
import numpy as np
from qts_core.trading.strategy import Strategy

class Mine(Strategy):
    name = "mine"
    space = {"weight": (0.0, 0.1)}

    def __init__(self, weight=0.05):
        self.weight = weight

    def on_bar(self, bars, view):
        return np.full(len(view.symbols), self.weight)
"""


class TestWindows:
    def test_sixty_months_give_sixteen_windows(self) -> None:
        found = lay_out(timeline(), WalkForwardSettings(), horizon_bars=3)
        assert len(found) == 16
        assert found[0].dates(timeline())["test"] == ("2019-01-02", "2019-03-29")
        assert found[-1].dates(timeline())["test"] == ("2022-10-03", "2022-12-30")

    @pytest.mark.parametrize(("purge", "horizon"), [(5, 3), (5, 26)])
    def test_the_purge_is_at_least_the_horizon(self, purge: int, horizon: int) -> None:
        for window in lay_out(timeline(), WalkForwardSettings(purge_bars=purge), horizon_bars=horizon):
            assert window.test.start - window.train.stop == max(purge, horizon)

    def test_rolling_windows_are_equally_long_and_anchored_ones_begin_together(self) -> None:
        rolling = lay_out(timeline(), WalkForwardSettings(), horizon_bars=3)
        anchored = lay_out(timeline(), WalkForwardSettings(is_anchored=True), horizon_bars=3)
        assert {w.train.start for w in anchored} == {0}
        assert [w.test for w in rolling] == [w.test for w in anchored]
        assert max(len(w.train) for w in rolling) < 1.05 * min(len(w.train) for w in rolling)

    @pytest.mark.parametrize("unit", ["months", "sessions"])
    def test_a_tuning_window_lies_between_and_both_edges_are_purged(self, unit: str) -> None:
        lengths = Windows(12, 3, 3, 3) if unit == "months" else Windows(120, 40, 40, 40)
        for window in lay_out(timeline(), WalkForwardSettings(lengths, unit=unit), horizon_bars=5):  # type: ignore[arg-type]
            assert window.tune is not None
            assert window.tune.start - window.train.stop == 5
            assert window.test.start - window.tune.stop == 5

    def test_tests_do_not_overlap_and_leave_no_gap(self) -> None:
        found = lay_out(timeline(), WalkForwardSettings(), horizon_bars=3)
        assert all(a.test.stop == b.test.start for a, b in pairwise(found))

    def test_a_purge_that_leaves_nothing_is_refused(self) -> None:
        with pytest.raises(TrainingError, match="QTS-EXEC-066"):
            lay_out(timeline(), WalkForwardSettings(Windows(5, 0, 5, 5), "sessions"), horizon_bars=26)


class TestStrategies:
    def test_a_file_with_one_class_is_enough(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.py"
        path.write_text(OWN, encoding="utf-8")
        found = find_strategy(f"{path}:Mine")
        assert (found.name, found.space.names, found.is_vectorised) == ("mine", ("weight",), False)
        assert found.make({"weight": 0.01}).name == "mine"
        with pytest.raises(InvalidConfigError, match="QTS-EXEC-065"):
            found.make({"other": 1})

    @pytest.mark.parametrize("reference", ["nothing", "no_such_module:Class", "/no/file.py:Class", "json:JSONDecoder"])
    def test_what_is_no_strategy_is_refused_in_one_line(self, reference: str) -> None:
        with pytest.raises(InvalidConfigError) as error:
            find_strategy(reference)
        assert "QTS-EXEC-065" in error.value.line()
        assert "\n" not in error.value.line()

    def test_ranges_say_what_they_are(self) -> None:
        space = space_of({"a": (1, 5), "b": (0.5, 1), "c": ("x", "y", "z"), "d": {"low": 0.1, "high": 10, "log": True}})
        a, b, c, d = space.dimensions
        assert isinstance(a, Number)
        assert isinstance(b, Number)
        assert isinstance(d, Number)
        assert (a.is_integer, b.is_integer, d.is_log) == (True, False, True)
        assert c == Choice("c", ("x", "y", "z"))
        with pytest.raises(InvalidConfigError, match="QTS-EXEC-065"):
            space_of({"a": (5, 1)})

    @pytest.mark.parametrize(
        "strategy", [Crossover(3, 10), Crossover(5, 21), Reversal(4, 0.3), Reversal(12, 0.5)], ids=lambda s: s.name
    )
    def test_bar_by_bar_and_all_at_once_want_the_same(self, strategy: Crossover | Reversal) -> None:
        panel = market(timeline()[slice(0, 120)], 5, seed=3).panel
        nothing = np.zeros(5)
        view = View(panel.symbols, 1.0, 1.0, nothing, nothing, nothing, nothing, lambda _: ())
        rows = []
        for bars in BarSlice.each(panel):
            wanted = strategy.on_bar(bars, view)
            rows.append(np.full(5, np.nan) if wanted is None else wanted)
        np.testing.assert_allclose(np.array(rows, dtype=np.float64), strategy.weights(panel), rtol=1e-12)

    @pytest.mark.parametrize("strategy", [Crossover(5, 21), Reversal(12, 0.5)], ids=lambda s: s.name)
    def test_weights_do_not_know_the_future(self, strategy: Crossover | Reversal) -> None:
        panel = market(timeline()[slice(0, 120)], 5, seed=3).panel
        np.testing.assert_array_equal(strategy.weights(panel)[:80], strategy.weights(panel.rows(slice(0, 80))))

    @pytest.mark.parametrize(
        "wrong", [{"method": "hyperband"}, {"objective": "profit"}, {"unit": "years"}, {"trials": 0}]
    )
    def test_wrong_settings_are_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidConfigError, match="QTS-EXEC-065"):
            WalkForwardSettings(**wrong)  # type: ignore[arg-type]
