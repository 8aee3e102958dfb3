"""The search of hyperparameters: spaces, objective, surrogate and choice, without a library of it (7.3, 11.4)."""
