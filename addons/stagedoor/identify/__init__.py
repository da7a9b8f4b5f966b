"""Who asks: the catalogue of crawlers and clients, and the matching of user agents.

catalogue.py   rules/crawlers/*.yaml and rules/clients/*.yaml → Signature
matcher.py     user agent → Signature, thousands of tokens in one pass
"""
