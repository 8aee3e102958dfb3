"""The daemon's page, JSON, health and metrics."""
