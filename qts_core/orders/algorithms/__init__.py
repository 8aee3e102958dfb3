"""Execution algorithms: large orders in small ones, as pure schedules over events (specification 12.3)."""
