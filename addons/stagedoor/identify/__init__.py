"""Who asks: the catalogue, the matching of user agents, fingerprints, and proof."""
