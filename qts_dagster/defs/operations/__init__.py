"""Group operations: what the live daemon reported."""
