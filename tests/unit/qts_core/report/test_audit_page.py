"""The page of the audit: verdict first, each fault with its place and values, self-contained, escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from qts_core.features import Catalogue, default_catalogue
from qts_core.features.audit import PROOFS, Fault, FeatureAudit, audit_features, subject_of
from qts_core.report.audit_page import TRAINING, AuditInput, audit_page
from qts_core.training.audit import TrainingFault
from tests.golden.features.market_for_tests import make_panel
from tests.support.pages import outline

CATALOGUE: Catalogue = default_catalogue().subset(groups=("calendar", "technical_momentum"))
NAN = float("nan")


@pytest.fixture(scope="module")
def audit() -> FeatureAudit:
    return audit_features(subject_of(CATALOGUE), make_panel(), proofs=("bounds", "missing"))


@pytest.fixture(scope="module")
def broken(audit: FeatureAudit) -> AuditInput:
    faults = (Fault("future", "tech_rsi_14_raw", 300, 2, 41.25, NAN), Fault("live", CATALOGUE.names[0], 5, 0, 0.1, 0.3))
    return AuditInput(
        replace(audit, faults=faults), CATALOGUE, {"cross_beta_20_market": ("market",)},
        (Fault("history", "close", 40, 2, 100.25, 50.125),), "lightgbm_return",
        (TrainingFault("unseen_rows", "fold 1", "selection changed <when> altered"),),
    )  # fmt: skip


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


def test_the_verdict_comes_first_and_every_section_has_its_anchor(broken: AuditInput) -> None:
    page = audit_page(broken)
    seen = outline(page).seen
    ids = [a["id"] for _, a in seen if "id" in a]
    assert ids == ["verdict", "failures", "proofs", "training", "groups", "features", "unproved"]
    assert {str(a["href"])[1:] for tag, a in seen if tag == "a"} <= set(ids)
    text = text_of(page)
    assert text.index("cannot be trusted") < text.index("2 features of") < text.index("Where each proof breaks first")


def test_a_fault_stands_with_bar_symbol_and_both_values(broken: AuditInput) -> None:
    text = " ".join(text_of(audit_page(broken)).split())
    start = np.datetime64(int(broken.audit.panel.timeline.ts_event[300]), "us")
    bar = str(start).replace("T", " ")[:16]
    assert f"tech_rsi_14_raw No look-ahead {bar} CCC 41.25 no value" in text
    assert "0.1 0.3" in text
    assert "100.25 50.125" in text


def test_every_proof_is_listed_with_its_outcome(broken: AuditInput) -> None:
    page = audit_page(broken)
    # of the features two, of the bars their history, of the training one
    assert page.count(">holds<") == len(PROOFS) - 2 + len(TRAINING) - 1
    assert page.count(">fails<") == 2 + 1 + 1 + len(broken.audit.failed)


def test_a_clean_audit_says_so_and_names_what_was_left_out(audit: FeatureAudit) -> None:
    text = text_of(audit_page(AuditInput(audit, CATALOGUE, {"cross_beta_20_market": ("market",)})))
    assert "Every proof holds for every feature" in text
    assert "Left out because no symbol plays the role market: cross_beta_20_market." in text


def test_a_feature_without_a_value_is_not_called_proved(audit: FeatureAudit) -> None:
    silent = {name: replace(m, values=0) if name == "tech_rsi_14_raw" else m for name, m in audit.measures.items()}
    text = text_of(audit_page(AuditInput(replace(audit, measures=silent), CATALOGUE, {})))
    assert f"Every proof holds for {len(CATALOGUE) - 1} features" in text
    assert "1 feature had no value on the sample, so nothing is proved of them." in text


def test_the_page_needs_nothing_from_outside_and_escapes_what_it_is_given(broken: AuditInput) -> None:
    page = audit_page(broken, title="<b>", source="a & b", is_synthetic=True)
    assert not [tag for tag, _ in outline(page).seen if tag in {"script", "link", "img", "iframe"}]
    assert "&lt;when&gt;" in page
    assert "<b>" not in page
    assert "Synthetic market" in page
    assert audit_page(broken) == audit_page(broken)
