"""Alpaca: REST, data stream and trade stream; the only user of alpaca-py."""
