"""HTTP requests of our own: one client, and a policy for each use.

client.py            the client: redirects, look-ups, and the check of the address connected to
exchange.py          one request over a connection, and its response within bounds
fetch_policy.py      what a policy holds, and how failures are worded
uses.py              the policies: key directories, operators' lists, the audit, time stamps
public_addresses.py  which addresses are on the public Internet
environment.py       the proxies that the environment names, for the policies that use them
"""
