"""Migrations of the journals of parameter searches."""
