"""Recorders: they count, log, and keep as evidence what happens.

recorders.py        the interface, and the hub that passes events on
suite.py            the recorders of one guard
metrics.py          Prometheus metrics, from metric_table.py and collectors.py
decision_log.py     decisions.jsonl
terminal.py         refusals in the terminal
daily.py            today in numbers, as today.py defines them; refused_today.py: who was refused;
                    backfill.py reads earlier ones
ledger/             the ledger
download_counts.py  how often people downloaded each recording, for sponsors
household_quota.py  how much of one household is written in full
state_directory.py  the directory that holds logs and ledger
"""
