"""Which state the market is in, from bars that have closed: hidden Markov model, thresholds, classifier (spec. 9.1)."""
