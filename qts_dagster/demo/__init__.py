"""`make demo`: the whole main job on one machine, with no account and no network."""
