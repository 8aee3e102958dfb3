"""What the outside must satisfy: protocols of storage, broker, clock and registry, with their records."""
