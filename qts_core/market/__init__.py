"""The words everyone uses."""
