"""The decision about a request, in the one order there is. Pure.

order.py            recognise, classify, gather, decide, record
needs.py            what a decision asks for, is given, and leaves to the store
transaction.py      one request on its way, from its head to its last byte
compliance.py       what a crawler had received, compared with what it asks for
published_texts.py  texts that were published, by their SHA-256
explanation.py      which condition of which rule held, and why
session.py          one listening session; sessions.py: all of them
under_way.py        what was let in and is expected to be sent
interruption.py     whether a recording is part of a sweep, before it is sent and meanwhile
cases.py            the examples every rule carries, run against the policy
"""
