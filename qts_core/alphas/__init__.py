"""From predictions to expiring signals with direction, strength and confidence (specification 9.1, 4.1)."""
