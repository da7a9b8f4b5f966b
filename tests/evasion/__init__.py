"""Nothing gets round the guard: a corpus of request targets and responses, against real servers."""
