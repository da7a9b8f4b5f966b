"""The boards in dashboards/, written in Python: `python -m tools.build_dashboards`.

query.py       expressions, which can name nothing but what metric_table.py has
panels.py      kinds of panels, and how they look
overview.py, compliance.py, operations.py   what stands on each board
alerts.py      what a person must know of at once
"""
