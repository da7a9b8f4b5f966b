"""The ways in: each front reads requests, calls the engine and carries its decision out."""
