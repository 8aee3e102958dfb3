"""An Alpaca-compatible paper exchange over the simulated one: REST, data stream and trade stream on one port."""
