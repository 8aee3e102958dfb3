"""Training of ensembles: members, out-of-fold predictions, weights and meta-learners of one fold (specification 9.1)."""
