"""A daemon trades on features of one's own, decides as the backtest, and refuses a file that says something else."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.config.features import FeaturesSettings
from qts_core.market.calendar import xnys
from qts_core.market.errors import ExitCode
from qts_core.models.bundle import ModelBundle
from qts_core.research.catalogues import known_catalogue, own_catalogue
from qts_core.research.live_core import replay_journal
from qts_core.research.session_parity import backtest_session
from qts_core.trading.decision import Decision
from tests.conftest import ROOT
from tests.support.live_home import make_live_home
from tests.support.processes import start_daemon

pytestmark = pytest.mark.process

EXAMPLE = ROOT / "docs" / "examples" / "my_features.py"


def test_a_session_on_own_features_is_that_of_the_backtest_and_another_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    file = folder / "my_features.py"
    shutil.copy(EXAMPLE, file)
    (folder / "features.yaml").write_text("own: [my_features.py]\n")
    own = own_catalogue(FeaturesSettings(own=(str(file),)))
    made = make_live_home(tmp_path / "home", symbols=4, features=3, own=own)
    arguments = ("--speed", "lockstep", "--session", made.session.isoformat())
    code, _, err = start_daemon(made.home, *arguments, QTS_CONFIG_DIR=str(folder)).finish()
    assert code == 0, err
    settings = load_settings(config_dir=folder, environment={"QTS_HOME": str(made.home)}).settings
    with Journal(made.home / "live" / "journal.db", create=False) as journal:
        live = [Decision.from_json(stored.body) for stored in journal.decisions()]
        replayed = [one.digest() for one, _ in replay_journal(journal, known_catalogue(settings.features))]
        assert str(folder) not in "".join(record.settings for record in journal.epochs())
    session = xnys().on(made.session)
    assert session is not None
    tested = backtest_session(
        Lake(made.home / "lake"), settings, ModelBundle.load(made.model).open(), live, session, calendar=xnys(),
        cash=Decimal(100_000),
    )  # fmt: skip
    assert len(live) == 26
    assert [decision.to_json() for decision in live] == [decision.to_json() for decision in tested]
    assert replayed == [decision.digest() for decision in live]

    file.write_text(file.read_text().replace("2.0 / (window + 1.0)", "1.0 / window"))
    shutil.rmtree(made.home / "live")
    code, out, err = start_daemon(made.home, *arguments, QTS_CONFIG_DIR=str(folder), QTS_DEBUG="").finish()
    assert code == ExitCode.CORRUPT, out + err
    assert "QTS-MODEL-002" in err
    assert "kernel ewma_volatility" in err
    assert "Traceback" not in err
