"""The long-running process that trades."""
