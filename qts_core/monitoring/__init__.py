"""Metrics, log fields and health, declared; no sockets here."""
