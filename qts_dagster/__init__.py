"""Dagster definitions of QTS: assets that read, call one library function, and return a result with metadata."""

import warnings

# Single-run backfills are marked beta; the pinned range of Dagster versions has them all.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")
warnings.filterwarnings("ignore", message="Parameter `include_sources`")
