"""Group features: feature values by month and the training sets made of them."""
