"""What a site tells machines, found out from outside: responses in, findings out.

fetched.py     what was fetched: the page, robots.txt, well-known files, recordings
links.py       where a page, a feed or a playlist leads: recordings, feeds
hearing.py     the statements that one crawler hears about one resource, and where each stood
findings.py    what is found, and how it is worded
conflicts.py   where the statements contradict one another
gaps.py        what is missing or refused: files, licences, words that come with a recording
gaps_robots.py the same in robots.txt: misspelt lines, lines hidden from those with their own group
verdict.py     all of it together: one Audit

Fetching is the edge's business: `stagedoor.cli.audit`.
"""
