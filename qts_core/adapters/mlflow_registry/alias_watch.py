"""Asks which version carries an alias, cheaply and without mlflow, so that a daemon can poll (checklist C-18)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from qts_core.market.errors import ModelError

__all__ = ["current_version"]

SQLITE_PREFIX = "sqlite:///"
QUERY = "SELECT version FROM registered_model_aliases WHERE name = :name AND alias = :alias"
"""MLflow's own table since 2.3; read only, never written."""
HTTP_NOT_FOUND = 404


def current_version(tracking_uri: str, model: str, alias: str, *, timeout_seconds: float = 5.0) -> str | None:
    """Return the version of `model` that carries `alias`, or None.

    Parameters
    ----------
    tracking_uri : str
        ``sqlite:///<file>`` (under a millisecond), another database URL, or ``http(s)://`` of an MLflow server.
    model, alias : str
        Registered name and alias, such as ``qts_lightgbm_return`` and ``champion``.

    Raises
    ------
    ModelError
        If the store cannot be reached; the caller keeps the model it has.
    """
    try:
        if tracking_uri.startswith(SQLITE_PREFIX):
            return _from_sqlite(Path(tracking_uri.removeprefix(SQLITE_PREFIX)), model, alias, timeout_seconds)
        if tracking_uri.startswith(("http://", "https://")):
            return _from_server(tracking_uri, model, alias, timeout_seconds)
        return _from_database(tracking_uri, model, alias)
    except (sqlite3.Error, OSError, ValueError, KeyError) as error:
        raise ModelError(
            "QTS-MODEL-006", "the model registry cannot be asked", where=tracking_uri,
            found=f"{type(error).__name__}: {error}", expected="an MLflow store", fix="check MLFLOW_TRACKING_URI",
        ) from error  # fmt: skip


def _from_sqlite(path: Path, model: str, alias: str, timeout_seconds: float) -> str | None:
    if not path.exists():
        return None
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=timeout_seconds)
    try:
        row = connection.execute(QUERY, {"name": model, "alias": alias}).fetchone()
    finally:
        connection.close()
    return None if row is None else str(row[0])


def _from_server(uri: str, model: str, alias: str, timeout_seconds: float) -> str | None:
    import httpx

    try:
        answer = httpx.get(
            f"{uri.rstrip('/')}/api/2.0/mlflow/registered-models/alias",
            params={"name": model, "alias": alias},
            timeout=timeout_seconds,
        )
        if answer.status_code == HTTP_NOT_FOUND or "RESOURCE_DOES_NOT_EXIST" in answer.text:
            return None
        if answer.status_code == 400 and "alias" in answer.text:  # an unknown alias is an invalid parameter to MLflow
            return None
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise OSError(str(error)) from error
    return str(answer.json()["model_version"]["version"])


def _from_database(url: str, model: str, alias: str) -> str | None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(url)
        with engine.connect() as connection:
            row = connection.execute(text(QUERY), {"name": model, "alias": alias}).fetchone()
        engine.dispose()
    except SQLAlchemyError as error:
        raise OSError(str(error)) from error
    return None if row is None else str(row[0])
