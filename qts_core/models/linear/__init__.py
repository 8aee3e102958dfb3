"""Linear models: fitted by scikit-learn, kept and applied as plain numbers."""
