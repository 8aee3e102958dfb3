"""What becomes of a decision: order states, the book, corporate actions on it, and reconciliation (all pure)."""
