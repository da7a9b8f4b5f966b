"""Who asks: the catalogue, the matching of user agents, and proof.

catalogue.py   rules/crawlers/*.yaml and rules/clients/*.yaml → Signature
matcher.py     user agent → Signature, thousands of tokens in one pass
second.py      a second look at what the catalogue does not know: lists of packages, and signs
signs.py       what gives robots away, and what speaks for people
leftout.py     which of the lists' patterns are not taken
ja4.py         a TLS ClientHello → its fingerprint
families.py    rules/fingerprints.yaml → the family of a fingerprint
agents.py      what a browser's user agent says about it
ranges.py      operators' address lists; prefixes.py: the table they are looked up in
proof.py       is the claim true? lists, names and signatures weighed
keys.py        a key directory's JSON → Ed25519 keys by thumbprint
httpsig.py     one HTTP message signature held against its request
botauth.py     Web Bot Auth: what a request's signature is worth
origins.py     origins, as signers write them
traits.py      where a request does not look like the browser it claims
"""
