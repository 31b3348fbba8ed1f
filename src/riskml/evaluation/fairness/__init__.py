"""Groups of sites: who is found, who is visited in vain, who waits, and whether the probabilities hold for them."""
