"""`qts train`: what cannot be trained is refused in one line, before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from qts_core.cli import fresh_features
from qts_core.cli.errors import run_command
from qts_core.cli.train import app


def test_an_unknown_model_is_refused_before_features_are_computed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(fresh_features, "ensure_features", lambda *_: pytest.fail("features were computed"))
    monkeypatch.setattr("sys.argv", ["qts train", "nosuch"])
    code = run_command(app, "qts train")
    out, err = capsys.readouterr()
    assert (int(code), out) == (2, "")
    assert err.startswith("QTS-CONF-003")
    assert err.count("\n") == 1
    assert "found nosuch" in err
    assert "ridge_return" in err
