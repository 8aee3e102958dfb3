"""A package from outside is installed, as far as the factory can see."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from qts_core.models import factory

OUTSIDE = EntryPoint("outside.regressor", "tests.contract.models.outside:LeastSquares", "qts.models")


@pytest.fixture(scope="package", autouse=True)
def package_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "entry_points", lambda *, group: [OUTSIDE] if group == "qts.models" else [])
        factory._foreign_classes.cache_clear()
        yield
    factory._foreign_classes.cache_clear()
