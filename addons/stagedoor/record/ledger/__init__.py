"""The ledger: what was published, handed out and taken, in SQLite."""
