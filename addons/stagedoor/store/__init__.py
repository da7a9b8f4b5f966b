"""The mitmproxy side: facts from flows, verdicts onto flows. The only room that knows mitmproxy.

options.py   the guard_… options and how they are read
address.py   whose address a request comes from
reading.py   flow → Request
refusal.py   Verdict → response
handing.py   what is handed out and kept back, counted; playing.py: a recording on its way out
lengths.py   how large and long recordings are, read as they pass
lean.py      what a public door does not need is switched off
passing.py   what is done to requests and responses that pass, and to one that must not
fetching.py  one small document over https, from a server that somebody else named
directories.py  key directories of those who sign, fetched beside the requests
replays.py   a signature that was used before proves little
inquiry.py   who is asking, really: what is asked beside the request, put together
lookups.py   reverse DNS; proving.py: lists and names weighed for one claim
hello.py     a connection's TLS fingerprint
start.py     from a bare mitmdump to a guarded site, and what is said about it
walk.py      events take the short way to those who listen
hardening.py what a public door needs and mitmproxy has no interface for
addon.py     the Guard: hooks, in the order a request meets them
"""
