"""What a broken rule means and leads to: policy, severity, family, and the rule itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Family", "Policy", "Rule", "Severity"]


class Policy(StrEnum):
    """What a broken rule leads to."""

    REFUSE = "refuse"
    """The import stops, nothing is written."""
    QUARANTINE = "quarantine"
    """The bar goes to the quarantine table with the rule's name."""
    FLAG = "flag"
    """The bar is kept and counted."""


class Severity(StrEnum):
    """How much a finding should worry a reader; declared worst first."""

    ERROR = "error"
    """The data are not what they say they are."""
    WARNING = "warning"
    """Something is wrong or missing; look at it before results are believed."""
    INFO = "info"
    """Worth knowing; sound data show it too."""

    @property
    def rank(self) -> int:
        """Place in order of worry, 0 the worst."""
        return list(Severity).index(self)


class Family(StrEnum):
    """What a rule looks at; the first digit of its code."""

    BAR = "single bars"
    TIME = "times"
    COMPLETENESS = "completeness"
    PRICE = "prices"
    VOLUME = "volume"
    ACROSS = "symbols and sources"
    ACTIONS = "corporate actions"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes
    ----------
    code : str
        Stable short name, such as ``"Q401"``; never given to another rule.
    name : str
        Name in reports, in the quarantine table and in checks.
    policy : Policy
        What breaking it leads to.
    severity : Severity
        How much it should worry.
    doc : str
        What is wrong when it is broken, in one sentence.
    fix : str
        What to do next; ``{path}`` stands for the file that was judged.
    """

    code: str
    name: str
    policy: Policy
    severity: Severity
    doc: str
    fix: str

    @property
    def family(self) -> Family:
        """What the rule looks at."""
        return list(Family)[int(self.code[1]) - 1]
