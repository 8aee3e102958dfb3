"""Quality: every rule that bars must keep, declared once, and the report of what breaks them."""
