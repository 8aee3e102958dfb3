"""Training rows whose signal is known: twenty columns, of which the first few may say something."""

from __future__ import annotations

import numpy as np

from qts_core.training.selection import TrainingRows

COLUMNS = 20
SYMBOLS = 4


def rows_of(
    seed: int, *, count: int = 600, signal: float = 0.0, classes: int = 0, columns: int = COLUMNS, missing: float = 0.0
) -> TrainingRows:
    """Return rows of which columns 0 and 1 foretell the label with weight `signal`; the others are noise."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((count, columns))
    latent = signal * (features[:, 0] - features[:, 1]) + rng.standard_normal(count)
    labels = latent if not classes else np.digitize(latent, [0.0] if classes == 2 else [-0.6, 0.6]).astype(float)
    features[rng.random(features.shape) < missing] = np.nan
    row = (np.arange(count) // SYMBOLS).astype(np.int32)
    names = tuple(f"f{i:02d}" for i in range(columns))
    return TrainingRows(features, labels, row, row + 3, names, classes)
