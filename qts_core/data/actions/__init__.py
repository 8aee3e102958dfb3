"""Corporate actions: what changes a share, and the factors that make prices comparable over time."""
