"""The only floor with I/O: one adapter per port; they never know each other."""
