"""Migrations of the daemon's journal."""
