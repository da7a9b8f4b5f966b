"""Stagedoor: the map of the package. Each folder is a room.

How one request passes:

    mitmproxy's flow ─► fronts ─► Request, Arrival
                        Request, Arrival ─► identify ─► Client      who asks, and how sure are we?
                                 Request ─► resources ─► Resource   what is asked: audio, feed, page …
               Request, Client, Resource ─► rules ─► Verdict        may it?
                                 Verdict ─► fronts ─► mitmproxy's flow
                                   Event ─► record ─► metrics, decision log, ledger, terminal

What each room holds:

    model/      what travels between the rooms: Request, Client, Resource, Verdict, Event; errors
                with their place; globs, units
    config/     YAML with a line and a column for each value; stance.yaml, the one file an artist edits
    identify/   who asks: the catalogue of crawlers and clients, user agents, JA4, signatures, proofs
    resources/  what is asked for: paths, kinds of resources, how long recordings are
    signals/    what is said about AI: each standard read, written, and brought to one meaning
    evidence/   what can be shown afterwards: the ledger's chain, accounts, the report
    marks/      links that know whom they were given to: signed marks, passes, canaries
    rules/      the rules, their vocabulary and cases, and the policy that decides by them
    publish/    from the stance, everything that is said to machines
    import_/    robots.txt, Anubis policies and nginx maps, turned into rules
    engine/     what holds for a request beside the rules: who was given which signal, and kept to it
    audit/      what a site says to machines, judged from outside
    fetch/      the HTTP requests we make ourselves: one client, a policy for each use
    store/      what is remembered between requests
    verify/     proofs that need the network: reverse DNS, key directories, address lists, nonces
    load/       files on disk: the rules directory and its changes, content credentials in recordings
    record/     where events go: metrics, decision log, ledger, terminal, today's numbers
    web/        the HTTP server for metrics, and the desk: the live page about today
    platforms/  what other people's platforms say about AI: profiles, signals, terms and their changes
    fronts/     where requests come from: mitmproxy, proxies that ask, logs that are replayed; refusals
    cli/        stagedoor init · check · explain · replay · import · publish · audit · evidence · status …
    demo/       a small music site, and clients that visit it

Imports go to the left, or stay on their level; no modules and no rooms import each other in a circle:

    model ← config, signals ← identify, resources, evidence, marks ← rules ← publish
        ← engine, audit ← import_ ← fetch ← store, verify, load ← record ← web ← fronts, platforms ← cli, demo

`import_` and everything to the left of them are pure: no mitmproxy, socket, file, clock or
random number. Only `fronts/mitmproxy` and `stagedoor serve` import mitmproxy. No file name stands in
two rooms. `tests/test_architecture.py` reads the imports and checks all of this.
"""
