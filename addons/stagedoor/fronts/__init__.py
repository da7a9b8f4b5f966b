"""Fronts: each reads requests, calls the engine and carries out its decision.

mitmproxy/      requests that pass through mitmproxy
replay/         requests of the past, from logs and captures
service.py      rules in force, store, proofs and recorders behind every front
decision_point.py  what the rules ask for, gathered, and the decision
transaction_reports.py  what has happened to a request, for the recorders
sound_reports.py  what has gone out of recordings, and the sweeps found in it
addresses.py    the visitor's address
authorities.py  the name a request is for
handshakes.py   the JA4 of open connections
refusals.py     what a refused client reads
request_ids.py  short names of requests
"""
