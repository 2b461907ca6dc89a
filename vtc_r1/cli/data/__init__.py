"""`vtc-r1 data`: training data, built, sampled, counted, exported and shown."""
