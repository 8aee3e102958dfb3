"""How an ensemble is trained in each fold: members, out-of-fold scores, weights, meta-learner (specification 9.1)."""
