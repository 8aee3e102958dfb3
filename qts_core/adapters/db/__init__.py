"""The database behind the ports: trials, gate records, model health, and the daemon's journal."""

from qts_core.adapters.db.database import Database, open_database

__all__ = ["Database", "open_database"]
