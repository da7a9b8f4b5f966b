"""What has happened already: access logs and captures, and what the rules would do to them.

records.py    one request of the past, as a log or a capture tells it
clf.py        common, combined and vhost_combined lines: Apache, nginx
jsonlines.py  JSON lines: Caddy, nginx with a JSON log_format
har.py        HAR files, as browsers and proxies save them
sniffing.py   which of these a file is, from its first bytes
past.py       what clients had done before each request
looks.py      what a decision looks at, and so for which requests it stands
tally.py      requests in, counts per client, rule and verdict out, in bounded memory
summary.py    the counts as rows, for people and for programs

Files are opened elsewhere; everything here works on bytes.
"""
