"""From files on disk to a policy.

rule_folder.py      rule directories
watcher.py          their changes, taken while the guard runs
public_patterns.py  lists of crawlers that packages bring
credentials.py      content credentials of audio files
"""
