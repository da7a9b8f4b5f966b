"""Proofs that need the network.

claims.py           one claim, verified for a front
prover.py           the evidence for one claim, gathered without waiting
reverse_dns.py      forward-confirmed reverse DNS
key_directories.py  the keys of those who sign
range_files.py      copies of operators' address lists
mark_keys.py        the keys that marks are signed with
sold_passes.py      passes of purchases
nonces.py           signatures that were used before
"""
