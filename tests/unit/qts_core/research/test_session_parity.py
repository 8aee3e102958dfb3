"""Comparing two runs of a session."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.research.session_parity import SessionParity, compare_decisions


@dataclass(frozen=True)
class Made:
    """As much of a decision as the comparison reads."""

    decision_id: str
    content: str

    def digest(self) -> str:
        return self.content


def parity(live: dict[str, str], tested: dict[str, str]) -> SessionParity:
    ours, theirs = ([Made(k, v) for k, v in run.items()] for run in (live, tested))
    return compare_decisions(ours, theirs)  # type: ignore[arg-type]  # only id and digest are read


def test_equal_runs_have_no_differences() -> None:
    assert parity({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) == SessionParity(2, 0)


def test_the_first_decision_that_differs_is_named() -> None:
    assert parity({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "c": "y"}) == SessionParity(3, 2, "b")


def test_a_decision_that_only_one_run_made_counts_as_a_difference() -> None:
    assert parity({"a": "1"}, {"a": "1", "b": "2"}) == SessionParity(1, 1, "b")
    assert parity({"a": "1"}, {}) == SessionParity(0, 1, "a")
