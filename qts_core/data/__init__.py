"""Bars before they are features: parsing, quality, cleaning, corporate actions, building, a synthetic market."""
