"""Shadow models predict beside the champion on the same live bars: what they foretell is journalled, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.live_predictions import read_live_predictions
from qts_core.models.bundle import ModelBundle
from tests.support.live_home import LiveHome
from tests.support.processes import daemon_home, start_daemon
from tests.support.sqlite_registry import SqliteRegistry

pytestmark = pytest.mark.process

ALIASES = "QTS_TRADING__SHADOWS__MODEL_ALIASES"


def sibling(bundle: ModelBundle, **update: object) -> ModelBundle:
    """Return the same weights under another identity."""
    return ModelBundle.build(bundle.open().model, bundle.manifest.model_copy(update=update), bundle.golden[0])


def session_of(live_home: LiveHome, home: Path, **variables: str) -> dict[str, object]:
    """Trade the session in lockstep and return its summary."""
    day = live_home.session.isoformat()
    daemon = start_daemon(home, "--speed", "lockstep", "--session", day, "--until-close", **variables)
    code, out, err = daemon.finish()
    assert code == 0, err
    summary: dict[str, object] = json.loads(out)
    return summary


def test_a_shadow_foretells_live_what_the_same_weights_foretell_and_changes_no_decision(
    live_home: LiveHome, tmp_path: Path
) -> None:
    alone = session_of(live_home, daemon_home(live_home.home, tmp_path / "alone"))
    home = daemon_home(live_home.home, tmp_path / "home")
    registry, champion = SqliteRegistry(home, "qts_lightgbm_return"), ModelBundle.load(live_home.model)
    twin = sibling(champion, seed=41)
    few = champion.manifest.training.model_copy(update={"symbols": champion.manifest.training.symbols[:3]})
    registry.set_alias("challenger", registry.register(twin))
    registry.set_alias("shadow", registry.register(sibling(champion, training=few)))
    summary = session_of(live_home, home, **{ALIASES: "[challenger, shadow]"})

    assert summary["decisions_digest"] == alone["decisions_digest"]
    assert alone["shadows"] is None
    shadows = {str(s["alias"]): s for s in summary["shadows"]}  # type: ignore[attr-defined]
    assert (shadows["challenger"]["state"], shadows["shadow"]["state"]) == ("running", "failed")
    assert "reads other symbols than the champion" in shadows["shadow"]["reason"]
    found = read_live_predictions(home / "live")
    assert len(found) == shadows["challenger"]["bars"] > 0
    assert {each.shadow for each in found} == {f"tiny-{twin.sha256[:8]}"}
    for each in found:
        np.testing.assert_array_equal(each.shadow_score, each.champion_score)
