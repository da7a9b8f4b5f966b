"""What needs the network to prove: reverse DNS, key directories, address lists, nonces."""
