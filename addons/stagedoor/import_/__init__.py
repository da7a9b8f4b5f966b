"""Files that people already have → rules of ours.

file_kinds.py   which kind of file it is
robots_txt.py, robots_json.py, anubis.py, nginx.py   the readers: file → wishes
wishes.py       what is read from every kind of file
regexes.py      regular expressions of others
names.py        names the catalogue knows, and entries for others
decisions.py    which wishes need a rule
drafts.py       wishes → rules as they will be written
trials.py       drafts, tried in their policy
conversion.py   all of it: wishes → files
yaml_writer.py  YAML as the shipped rules are written
"""
