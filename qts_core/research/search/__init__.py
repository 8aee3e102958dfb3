"""The search of hyperparameters: studies run by processes that may end, recorded, judged, proposed (7.3, 11.4)."""
