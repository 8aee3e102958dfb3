"""The exchange's REST endpoints, one module per section of the protocol reference."""
