"""Group models: one asset for each entry of models.yaml."""
