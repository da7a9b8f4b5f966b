"""What the guard costs, measured: `python -m tools.bench [door|beside|decide|quality|…]`.

    __main__.py    the entry
    cli.py         options; what is measured, printed and written
    door.py        a proxy with the guard against a proxy without, in turns, on the same origin
    beside.py      everything side by side: nginx, mitmdump, serve, the counter, peers
    beside_programs.py, busy.py, peer_proxy_py.py, beside_chart.py
                   how those are started, who asks them, and the chart in the docs
    firewall.py    a refused client that is turned away by nftables
    decide.py      the core alone, in this process, against a plain loop of Python
    listening.py   sessions of listening: one observation, and memory
    replay.py      reading an access log, against GoAccess
    cast.py        who asks for what
    audience/      who is disturbed and who is stopped: real programs, through real guards
    load.py        asks: the load generator, a process of its own
    origin.py      answers: nginx, or where there is none, fallback.py
    processes.py   starting, watching and stopping them
    report.py      ratios, the table, the JSON

Machines are noisy, so nothing here is judged by absolute figures: both sides are measured one right
after the other, and what counts is the ratio of each such pair. The exit status never depends on
a figure.
"""
