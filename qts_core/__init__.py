"""The QTS library: from market bars to decisions, without any orchestration or broker of its own."""

__version__ = "0.1.0"
