"""Group market_data: raw bars, corporate actions, clean bars."""
