"""What a person sees in MLflow after a training, and what the daemon gets out of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.mlflow_registry.alias_watch import current_version
from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.fetch import fetch, main
from qts_core.adapters.mlflow_registry.registry import MlflowRegistry
from qts_core.adapters.mlflow_registry.tracker import MlflowTracker
from qts_core.config.uncertainty import AbstainSettings
from qts_core.market.errors import ExitCode, ModelError, ModelNotFoundError
from qts_core.models.bundle import CALIBRATION, ModelBundle
from qts_core.models.conformal import Conformal
from qts_core.models.uncertainty import UncertaintyModel
from qts_core.ports.registry import CHALLENGER, CHAMPION, TrackedRun
from tests.integration.mlflow_registry.conftest import training_record

NAME = "qts_toy"


def test_a_training_is_a_parent_run_with_a_child_per_fold(connection: MlflowConnection, run: TrackedRun) -> None:
    client = connection.client
    experiment = client.get_experiment_by_name("qts/toy")
    assert experiment is not None
    parent = client.get_run(run.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["rank_ic"] == 0.07
    assert parent.data.params["target"] == "return_26bar"
    assert parent.data.tags["mlflow.note.content"].startswith("# toy")
    children = client.search_runs(
        [experiment.experiment_id], filter_string=f"tags.`mlflow.parentRunId` = '{run.run_id}'"
    )
    assert sorted(c.info.run_name for c in children) == ["fold 1", "fold 2", "fold 3"]
    assert sorted(c.data.metrics["test.rank_ic"] for c in children) == pytest.approx([0.06, 0.07, 0.08])


def test_the_page_of_a_training_draws_its_folds_as_a_line(connection: MlflowConnection, run: TrackedRun) -> None:
    history = connection.client.get_metric_history(run.run_id, "by_fold/test.rank_ic")
    assert [(point.step, point.value) for point in history] == [(i, 0.05 + i / 100) for i in (1, 2, 3)]


def test_a_run_says_what_made_it_and_by_which_code(connection: MlflowConnection, run: TrackedRun) -> None:
    tags = connection.client.get_run(run.run_id).data.tags
    assert tags["mlflow.source.name"] == "qts train"
    assert tags["mlflow.source.git.commit"] == "abc123"


def test_the_dataset_is_logged_with_its_digest_and_size(connection: MlflowConnection, run: TrackedRun) -> None:
    logged = connection.client.get_run(run.run_id).inputs
    assert logged is not None
    inputs = logged.dataset_inputs
    assert len(inputs) == 1
    assert inputs[0].dataset.name == "features_cccccccc"
    assert inputs[0].dataset.digest == "d" * 36
    assert json.loads(inputs[0].dataset.profile or "")["num_rows"] == 655_000
    assert [(t.key, t.value) for t in inputs[0].tags] == [("mlflow.data.context", "training")]


def test_the_version_explains_itself(connection: MlflowConnection, run: TrackedRun) -> None:
    version = MlflowRegistry(connection).version(NAME, run.version)
    assert version.description.startswith("# toy")
    assert version.bundle_sha256 == training_record().bundle_sha256
    assert version.run_id == run.run_id
    assert version.tags["git_commit"] == "abc123"


def test_the_signature_names_every_feature_and_there_is_an_example(
    connection: MlflowConnection, run: TrackedRun
) -> None:
    import mlflow

    info = mlflow.models.get_model_info(f"models:/{NAME}/{run.version}")
    assert info.signature is not None
    assert info.signature.inputs.required_input_names() == ["alpha", "beta", "gamma", "delta"]
    assert info.signature.inputs.optional_input_names() == ["symbol"]
    assert info.signature.outputs.input_names() == [
        "score", "dispersion", "abstains", "reason", "low", "high", "probability", "disagreement",
    ]  # fmt: skip
    assert info.saved_input_example_info is not None


def test_the_pyfunc_door_gives_the_bundle_s_scores(connection: MlflowConnection, run: TrackedRun) -> None:
    import mlflow
    import pandas as pd

    bundle = ModelBundle(training_record().files)
    features, scores = bundle.golden
    model = mlflow.pyfunc.load_model(f"models:/{NAME}/{run.version}")
    frame = pd.DataFrame(features, columns=["alpha", "beta", "gamma", "delta"])
    given = model.predict(frame)
    np.testing.assert_array_equal(given["score"].to_numpy(), scores)
    assert not given["abstains"].any()
    assert given["low"].isna().all(), "this model was asked for no intervals"
    with pytest.raises(mlflow.exceptions.MlflowException, match="delta"):
        model.predict(frame.drop(columns="delta"))


def test_the_pyfunc_door_says_how_sure_the_model_is_and_why_it_keeps_silent(connection: MlflowConnection) -> None:
    import mlflow
    import pandas as pd

    plain = ModelBundle(training_record().files)
    features, scores = plain.golden
    # radius at 90 %: 0.45 % of "AAA", 1.8 % of "BBB", which is calibrated by itself
    scales = np.repeat([0.005, 0.02], 99)
    table = Conformal.fit(
        np.tile(np.arange(1, 100) / 100.0, 2) * scales, ["AAA"] * 99 + ["BBB"] * 99, {"wild": ["BBB"]}
    )
    doubt = UncertaintyModel(0.9, 26, (), False, AbstainSettings(interval=True), intervals=table)
    sure = ModelBundle.build(plain.open().model, plain.manifest, features, appendices={CALIBRATION: doubt.to_json()})
    record = replace(training_record(), model="sure", files=sure.files, bundle_sha256=sure.sha256)
    version = MlflowTracker(connection).log_training(record).version
    frame = pd.DataFrame(features, columns=["alpha", "beta", "gamma", "delta"])
    frame["symbol"] = ["AAA", "BBB"] * (len(frame) // 2)
    given = mlflow.pyfunc.load_model(f"models:/qts_sure/{version}").predict(frame)
    radius = np.where(frame["symbol"] == "AAA", 0.0045, 0.018)
    np.testing.assert_allclose(given["low"], scores - radius)
    np.testing.assert_allclose(given["high"], scores + radius)
    np.testing.assert_array_equal(given["abstains"], np.abs(scores) <= radius)
    silent = given[given["abstains"]]
    assert 0 < len(silent) < len(given)
    assert silent["reason"].str.fullmatch(r"abstained: interval \[.*%, .*%\] holds zero").all()
    assert (given["reason"][~given["abstains"]] == "").all()


def test_the_downloaded_bundle_is_the_logged_one_byte_for_byte(connection: MlflowConnection, run: TrackedRun) -> None:
    assert MlflowRegistry(connection).download(NAME, run.version) == dict(training_record().files)


def test_no_pickle_lies_among_the_artefacts(connection: MlflowConnection, run: TrackedRun) -> None:
    root = connection.artifact_root
    assert root is not None
    files = [p.name for p in root.rglob("*") if p.is_file()]
    assert "manifest.json" in files
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".cloudpickle", ".joblib"))]


def test_aliases_move_and_are_seen_by_the_watcher(connection: MlflowConnection, run: TrackedRun) -> None:
    registry, uri = MlflowRegistry(connection), connection.tracking_uri
    assert current_version(uri, NAME, "shadow") is None
    registry.set_alias(NAME, "shadow", run.version)
    assert current_version(uri, NAME, "shadow") == run.version
    second = MlflowTracker(connection).log_training(training_record(1))
    registry.set_alias(NAME, "shadow", second.version)
    assert current_version(uri, NAME, "shadow") == second.version
    found = registry.by_alias(NAME, "shadow")
    assert found is not None
    assert found.version == second.version
    assert [v.version for v in registry.versions(NAME)][:2] == [second.version, run.version]
    registry.remove_alias(NAME, "shadow")
    registry.remove_alias(NAME, "shadow")
    assert registry.by_alias(NAME, "shadow") is None
    assert current_version(uri, NAME, "shadow") is None
    assert NAME in registry.models()


def test_tags_too_long_for_mlflow_are_cut(connection: MlflowConnection, run: TrackedRun) -> None:
    registry = MlflowRegistry(connection)
    registry.set_tags(NAME, run.version, {"gate.long": "x" * 9000, "gate.verdict": "passed"})
    tags = registry.version(NAME, run.version).tags
    assert tags["gate.verdict"] == "passed"
    assert len(tags["gate.long"]) == 4900


def test_unknown_models_and_versions_are_not_found(connection: MlflowConnection) -> None:
    registry = MlflowRegistry(connection)
    assert registry.versions("qts_nobody") == ()
    assert registry.by_alias("qts_nobody", CHAMPION) is None
    with pytest.raises(ModelNotFoundError, match="no such version"):
        registry.version(NAME, "999")


def test_a_failed_logging_leaves_a_failed_run(connection: MlflowConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(MlflowTracker, "_model", refuse)
    with pytest.raises(OSError, match="disk full"):
        MlflowTracker(connection).log_training(training_record(7))
    experiment = connection.experiment("qts/toy")
    failed = connection.client.search_runs([experiment], filter_string="params.seed = '7'")
    assert [r.info.status for r in failed] == ["FAILED"]


@pytest.mark.process
def test_the_short_process_fetches_a_verified_bundle_and_prints_one_line(
    connection: MlflowConnection, run: TrackedRun, tmp_path: Path
) -> None:
    MlflowRegistry(connection).set_alias(NAME, CHALLENGER, run.version)
    command = [sys.executable, "-m", "qts_core.adapters.mlflow_registry.fetch", "--uri", connection.tracking_uri]
    done = subprocess.run(
        [*command, "--name", NAME, "--alias", CHALLENGER, "--dest", str(tmp_path)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    answer = json.loads(lines[0])
    assert (answer["model"], answer["version"]) == (NAME, run.version)
    bundle = ModelBundle.load(answer["path"])
    assert bundle.open().bundle_sha256 == answer["bundle_sha256"] == training_record().bundle_sha256


def test_fetching_an_alias_nobody_carries_says_how_to_set_it(
    connection: MlflowConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--uri", connection.tracking_uri, "--name", "qts_nobody", "--dest", str(tmp_path)]
    assert main(arguments) == ExitCode.USER_ERROR
    assert "qts models promote" in capsys.readouterr().err


def test_a_bundle_that_is_not_the_registered_one_is_refused(
    connection: MlflowConnection, run: TrackedRun, tmp_path: Path
) -> None:
    other = MlflowTracker(connection).log_training(training_record(3))
    MlflowRegistry(connection).set_tags(NAME, other.version, {"bundle_sha256": "0" * 64})
    with pytest.raises(ModelError, match="another bundle than was registered"):
        fetch(connection.tracking_uri, NAME, tmp_path, version=other.version)


class _Server(BaseHTTPRequestHandler):
    """Answers as MLflow's REST server does for a known and an unknown alias."""

    def do_GET(self) -> None:
        known = "alias=champion" in self.path
        body = {"model_version": {"version": "12"}} if known else {"error_code": "RESOURCE_DOES_NOT_EXIST"}
        content = json.dumps(body).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_watcher_asks_a_server_over_rest() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        uri = f"http://127.0.0.1:{server.server_port}"
        assert current_version(uri, NAME, "champion") == "12"
        assert current_version(uri, NAME, "challenger") is None
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_watcher_reports_an_unreachable_store_and_waits_for_one_not_yet_made(tmp_path: Path) -> None:
    assert current_version(f"sqlite:///{tmp_path / 'none.db'}", NAME, "champion") is None
    (tmp_path / "broken.db").write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(ModelError, match="cannot be asked"):
        current_version(f"sqlite:///{tmp_path / 'broken.db'}", NAME, "champion")
    with pytest.raises(ModelError, match="cannot be asked"):
        current_version("http://127.0.0.1:9", NAME, "champion", timeout_seconds=0.5)


def test_the_watcher_does_not_import_mlflow(connection: MlflowConnection, run: TrackedRun) -> None:
    code = (
        "import sys; from qts_core.adapters.mlflow_registry.alias_watch import current_version; "
        f"current_version({connection.tracking_uri!r}, 'qts_toy', 'champion'); assert 'mlflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
