"""Market data: schemas, import, quality, cleaning, corporate actions, bar building, a synthetic market (specification 5)."""
