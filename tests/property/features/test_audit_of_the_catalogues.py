"""Every feature of every catalogue through the whole audit, with and without roles: no proof breaks, none is silent.

Made from the catalogues, so that a new feature cannot miss it: half-days, fresh listings, delistings, halts of bars and
of sessions, constant prices and bars without volume are proofs of the audit.
"""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import CATALOGUES
from qts_core.features.audit import PROOFS, audit_features, subject_of
from qts_core.features.audit.conditions import half_days
from qts_core.features.roles import SymbolRoles
from tests.golden.features.market_for_tests import make_panel
from tests.golden.features.roles_for_tests import roles

PANEL = make_panel()


@pytest.mark.parametrize("catalogue", CATALOGUES)
@pytest.mark.parametrize("parts", [roles(5), None], ids=["with roles", "without roles"])
def test_no_feature_of_a_catalogue_is_accused(catalogue: str, parts: SymbolRoles | None) -> None:
    features = CATALOGUES[catalogue]().readable(() if parts is None else parts.columns)
    found = audit_features(subject_of(features, roles=parts), PANEL)
    assert [(fault.proof, fault.feature) for fault in found.faults] == []
    assert found.silent == ()
    assert len(found.names) == len(features)


def test_what_has_values_on_whole_sessions_has_them_on_half_days() -> None:
    features = CATALOGUES["default"]()
    subject, short = subject_of(features, roles=roles(5)), half_days(PANEL)
    values = subject.compute(short, ())
    line = short.timeline
    early = line.slots < 26
    morning = (line.slot < 14) & ~early
    late = np.arange(len(short)) > len(short) // 2
    silent = [
        name
        for name, each in zip(features.names, values, strict=True)
        if not np.isnan(each[morning & late]).all() and np.isnan(each[early & late]).all()
    ]
    assert silent == []


def test_the_proofs_of_the_audit_are_those_that_the_page_names() -> None:
    assert list(PROOFS) == [
        "chunking", "live", "future", "order", "neighbours", "missing", "gaps", "half_days", "listing", "delisting",
        "standstill", "volume", "bounds", "warm_up",
    ]  # fmt: skip
