"""Dagster definitions of QTS: assets that read, call one library function, and return a result with metadata."""
