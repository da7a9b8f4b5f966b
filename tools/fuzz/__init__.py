"""Coverage-guided fuzzing of every parser that strangers reach; `./run fuzz`, see __main__.py."""
