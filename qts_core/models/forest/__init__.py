"""Forests: grown by scikit-learn, kept as plain arrays, predicted with by our own evaluator."""
