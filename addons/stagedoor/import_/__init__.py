"""What people already have → rules of ours: bytes in, files and remarks out.

wishes.py     what every kind of file comes down to: who, where, and what is to happen
robots.py     robots.txt
listed.py     a list of crawlers in the form of ai.robots.txt
anubis.py     an Anubis policy
nginx.py      nginx maps of user agents
kinds.py      which of these a file is, and what it includes
regexes.py    expressions: RE2's word on them, names and globs in them, a text that each matches
names.py      names the catalogue knows, and entries for those it does not
deciding.py   what the stance already says, and what there can be no rule for
drafting.py   rules as they will be written
trying.py     only what loads and holds is kept
carrying.py   all of it, from wishes to files
writing.py    YAML in the look of the house
"""
