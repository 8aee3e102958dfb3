"""Migrations of the database: research records, bars, served features."""
