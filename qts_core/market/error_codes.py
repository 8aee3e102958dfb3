"""Every error code of QTS with the sentence that explains it; docs/reference/errors.md is derived from here.

Blocks: DATA bars and lake, MODEL models and registry, EXEC broker and orders, RISK limits, CONF configuration,
FEAT features, LIVE daemon, CLI command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ERROR_CODES"]

DATA = {
    "QTS-DATA-001": "A file or folder does not exist or cannot be read.",
    "QTS-DATA-002": "A file is empty or holds no rows.",
}

CONFIGURATION = {
    "QTS-CONF-001": "A configuration file or required setting is missing.",
    "QTS-CONF-002": "A configuration file is not valid YAML.",
    "QTS-CONF-003": "A setting has a value that is not allowed.",
    "QTS-CONF-004": "An unknown key stands in a configuration file.",
    "QTS-CONF-005": "Two settings contradict each other.",
}

FEATURES = {
    "QTS-FEAT-001": "An unknown feature was asked for.",
    "QTS-FEAT-002": "The bars given cannot be laid out as a panel.",
}

MODELS = {
    "QTS-MODEL-001": "No such model, version or alias.",
    "QTS-MODEL-002": "A model bundle fails verification.",
    "QTS-MODEL-003": "There is too little data to train on.",
}

EXECUTION = {
    "QTS-EXEC-001": "The broker cannot be reached.",
    "QTS-EXEC-002": "The broker refused an order.",
}

RISK = {
    "QTS-RISK-001": "A position limit was broken.",
}

LIVE = {
    "QTS-LIVE-001": "Another daemon owns this account.",
    "QTS-LIVE-002": "The journal or a snapshot is damaged.",
}

COMMAND_LINE = {
    "QTS-CLI-001": "A command-line argument is wrong.",
}

ERROR_CODES: Mapping[str, str] = MappingProxyType(
    {**DATA, **CONFIGURATION, **FEATURES, **MODELS, **EXECUTION, **RISK, **LIVE, **COMMAND_LINE}
)
