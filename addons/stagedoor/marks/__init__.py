"""Marks: short signed words that stand for one handing-out each, in addresses and in cookies.

A mark says nothing about anybody. What it stands for (to whom, when, by which page) is written into
the ledger under the mark's serial, when it is handed out.

    mark.py          the word itself: its fields and its letters
    keyring.py       signs marks and reads them back
    marked_links.py  marks in targets, cookies and texts: put in, taken off, found
"""
