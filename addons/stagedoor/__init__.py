"""Stagedoor: the map of the house.

One request's way through it:

    mitmproxy flow ─► door ─► Request ─► identify ─► Client      who asks, and how sure are we?
                                   └─► audio ────► Resource    what is asked: audio, feed, page …
                       Request, Client, Resource ─► rules ─► Verdict
                                            Verdict ─► door ─► mitmproxy flow
                                              Event ─► record ─► metrics, log

    facts.py      what travels between the rooms: Request, Client, Resource, Verdict, Event
    errors.py     Location, Problem and the exceptions that carry them
    yamltext.py   bytes of YAML → plain values with a line and column for each
    schema.py     what every kind of file may hold, and how a mistake is worded
    globs.py      `/music/**` and expressions, in linear time
    units.py      `1h 30m` and `500 MB`
    stance.py     stance.yaml → Stance: the one file an artist edits
    identify/     who: the catalogue and the matching of user agents
    audio/        what: normalised paths and resource classes
    memory/       what clients have done lately, and how much more they may
    rules/        the vocabulary, the rules, their cases, the policy that decides, editors' schemas
    publishing.py from the stance, everything that is said to machines
    importing/    robots.txt, Anubis policies, nginx maps → rules
    logs/         what has been: access logs and captures, and counts of what rules make of them
    auditing/     what a site tells machines, judged from outside
    signals/      what is said about AI: each standard read, written, and brought to one meaning
    evidence/     what can be shown afterwards: the ledger's chain, accounts, the report
    record/       where events go: metrics, decision log, ledger
    desk/         the live page about today, on the metrics' address, and who may look at it
    door/         the mitmproxy side: facts from flows, verdicts onto flows, refusals
    house.py      where files lie in a checkout and in a wheel; reads rule directories
    credentials.py  content credentials inside audio files, through c2pa-python
    house_ranges.py  copies of operators' address lists, in the state directory
    house_second.py  the package's patterns of crawlers, for the second look
    cli/          stagedoor init · check · explain · replay · import · publish · audit · evidence · status …
    demo/         a small music site and a cast of clients that knock at its door

Arrows go one way:

    facts, errors, globs, units ← yamltext ← schema ← stance
        ← identify, audio, memory, signals, evidence ← rules ← publishing, importing, logs, auditing ← record, desk, door ← cli

`publishing`, `importing`, `logs`, `auditing` and everything left of it is pure: no mitmproxy, socket, file, clock or random number.
`tests/test_architecture.py` reads the imports and holds the house to this.
"""
