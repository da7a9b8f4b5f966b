"""From the one stance, everything that is published to machines.

publication.py      headers, tags and files, ready to be sent
server_snippets.py  the headers as configuration of web servers
"""
