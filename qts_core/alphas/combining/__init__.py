"""How much each of several alphas counts: weights from scored signals, under constraints (specification 9.2)."""
