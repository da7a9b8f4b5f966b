"""The desk's texts, a table for each language: english.py is the first, german.py, french.py, spanish.py."""
