"""Several models as one: voting, averaging, stacking, blending, by regime, adaptive (specification 9.1)."""
