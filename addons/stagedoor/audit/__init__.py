"""The audit: what a site says to machines, judged from outside. Responses in, findings out.

responses.py     what was fetched, as plain facts
page_links.py    where a page, a feed or a playlist leads
statements.py    what one crawler hears about one resource
conflicts.py     statements that contradict one another
gaps.py          what is missing; robots_gaps.py, what is missing in a robots.txt
findings.py      what is reported
result.py        all of it, as one value
"""
