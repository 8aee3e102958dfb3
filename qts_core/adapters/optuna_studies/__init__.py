"""Parameter searches by Optuna; the only package that imports it (specification 7.3)."""
