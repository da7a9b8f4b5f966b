"""Who asks, and how sure that is.

catalogue.py     crawlers and clients, as rules/ lists them
matcher.py       user agent → Client
public_lists.py  agents that the catalogue does not know; robot_words.py and exclusions.py
browsers.py      what a browser's user agent says about it
traits.py        where a request does not look like its claim; trait_checks.py: each check
referrers.py     assistants and search engines that send people
ja4.py           TLS fingerprints; tls_families.py, what is known of them
ranges.py        operators' address lists; prefixes.py, the longest prefix
botauth.py       Web Bot Auth; httpsig.py, keys.py and origins.py are its parts
proof.py         the ways to prove a claim, and what follows
"""
