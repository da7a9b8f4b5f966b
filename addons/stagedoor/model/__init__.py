"""What travels between the rooms: facts, errors, units, globs. Plain data, no effects."""
