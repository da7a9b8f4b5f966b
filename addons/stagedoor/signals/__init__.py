"""What is said about AI, in every standard's own words: read, written, and brought to one meaning.

One module a standard, each with read() and write():

meaning.py            the three uses, what a source says about them, and who decides
wanted.py             what the artist wants said: what every writer works from
robots.py             robots.txt (RFC 9309): may this crawler fetch that path, and by which line?
robots_lines.py       its bytes → groups and records, nothing thrown away
robots_paths.py       its paths: one spelling, `*` and `$`, the longest match
robots_merge.py       the robots.txt that is published: the site's own with the stance written in
robots_plan.py        what is written into it, and where
robots_refusal.py     the rules of a refused group, nothing weakened
robots_conflicts.py   where the site's own says something else than the stance
scoped.py             records of robots.txt about use, for a path
content_usage.py      IETF AIPREF: Content-Usage, header and robots.txt
content_signal.py     Cloudflare's Content Signals
tdmrep.py             W3C TDMRep: file, headers, meta, policy
rsl.py                RSL 1.0: licence, and where it is pointed to
robots_tag.py         X-Robots-Tag and robots meta: noai, noarchive
ai_txt.py             Spawning's ai.txt
trust_txt.py          trust.txt
c2pa.py               content credentials inside audio files
headers.py            everything that a response's headers say
html.py               everything that a page's head says
links.py, patterns.py Link headers; patterns of paths

And the tags that go into pages as they stream:

charsets.py           which character encoding a page is in, as browsers find it out
markup.py, places.py  tokens of HTML, and where in a page tags go
inserting.py          putting them there
coding.py, recoding.py  gzip, deflate, br and zstd, read and written as they stream
"""
