"""Performance measures: one definition each, pure functions on float64 arrays (specification 11.3)."""
