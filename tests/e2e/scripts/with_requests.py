"""A scraper as it is written every day: python-requests under its own name."""

import sys

import requests

session = requests.Session()
session.trust_env = False
answer = session.get(sys.argv[1], timeout=20)
print(answer.status_code, answer.headers["Content-Type"])
sys.stdout.flush()
sys.stdout.buffer.write(answer.content)
