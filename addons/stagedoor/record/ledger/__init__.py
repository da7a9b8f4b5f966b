"""The ledger: what was published, received and taken, in SQLite.

subscriber.py         events → entries
recorder.py           the thread that writes entries
losses.py             entries that will never be written; disk_reports.py, what the log says of the disk
database.py           the file
transactions.py       writes within one transaction
write_ahead.py        SQLite's log beside the file
refusal_summaries.py  refusals of one household, counted
open_counts.py        counts that are no entries yet
writer_lock.py        one guard at a time
thinning.py           what goes when the ledger is full
verifier.py           the program that goes with every export
"""
