"""Settings: one module per YAML file, joined in `settings.Settings` (specification 15)."""
