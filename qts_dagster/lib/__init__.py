"""What the definitions share: partitions, metadata, automation."""
