"""Limits as values: verdicts, exposure caps, loss ladders and the kill latch (specification 10)."""
