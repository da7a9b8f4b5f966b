"""Access logs and captures: what the rules would have done to past requests."""
