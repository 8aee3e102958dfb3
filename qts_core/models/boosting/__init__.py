"""Gradient-boosted trees: LightGBM, XGBoost, CatBoost (specification 7.2)."""
