"""Fuzzers: inputs that nobody listed keep the error contract too."""
