"""Signals: standards that speak of AI, each read, written, and brought to one meaning.

standard.py   the type of a standard; registry.py names them all, listing.py lists them
standards/    one module for each
meaning.py    what a signal says about AI
wanted.py     what the artist wants said
headers.py    the headers of one response; links.py, Link headers
licence_documents.py  RSL's documents
patterns.py   patterns of paths in robots.txt
robots/       robots.txt
html/         pages
"""
