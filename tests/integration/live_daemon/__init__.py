"""The daemon as real processes over real sockets."""
