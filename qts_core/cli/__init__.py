"""The command line `qts`: data, features, models, training, replay, settings."""
