"""Evidence: what was said to whom, when, and what was taken all the same.

chain.py         the hash of an entry, which covers the one before; commitments to personal parts
entries.py       what the ledger holds, and what of it is personal
verification.py  is the chain whole? names the first entry that is not right
account.py       entries → what one crawler was sent and what it took
timeline.py      the same as a drawing
report.py        the same as a page to print (report_style.py), with the texts of wording.py
"""
