"""What being counted costs: `python -m tools.measure_metrics [AGENTS]`.

Decides requests of that many distinct hostile user agents and paths under the shipped rules, then
of every name that the catalogue and the public lists know, each with signals
received and asking against them, and prints how many series there are and how long a scrape takes. Then what one count costs.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace
from statistics import median

from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from stagedoor.engine.order import judge
from stagedoor.load import public_patterns, rule_folder
from stagedoor.model.facts import PROOFS, Client, Request, Verdict, as_header
from stagedoor.record.metrics import Metrics
from stagedoor.resources.paths import normalise

_WORDS = (
    *("Bot", "crawler", "GPTBot", "<script>alert(1)</script>", "\x1b[31m", "{{$labels}}", '"}\\'),
    *("Mozilla/5.0", "spider (+http://x.example)", "\xff\xfe", "python-requests", "audio", "%00"),
)


def hostile(number: int, dice: random.Random) -> Request:
    """A request nobody has sent before; one in a hundred is 8 KB long."""
    words = " ".join(dice.choices(_WORDS, k=dice.randint(1, 6)))
    agent = f"{words}/{number}" + "A" * (8192 if number % 100 == 0 else 0)
    target = f"/{dice.choice(_WORDS)}/{number}.{dice.choice(('mp3', 'html', 'm3u8', 'xml', 'q'))}"
    path = normalise(target)
    return Request("GET", "music.example", path, target, as_header(agent), address="192.0.2.1")


def series(metrics: Metrics) -> int:
    """How many a scrape has."""
    return sum(len(family.samples) for family in metrics.registry.collect())


def scrape(metrics: Metrics) -> str:
    """How long it takes, in both formats."""
    told = []
    for name, generate in (("text", generate_latest), ("OpenMetrics", openmetrics)):
        times = []
        for _ in range(15):
            began = time.perf_counter()
            size = len(generate(metrics.registry))
            times.append(time.perf_counter() - began)
        told.append(
            f"{name} {median(times) * 1e3:.1f} ms (most {max(times) * 1e3:.1f}), {size:,} bytes"
        )
    return "; ".join(told)


def main(count: int) -> None:
    """Measure and print."""
    policy, metrics, dice = rule_folder.load(), Metrics(), random.Random(7)
    took = []
    for number in range(count):
        request = hostile(number, dice)
        judged = judge(policy, request)
        judged.at, judged.seconds, judged.id = time.time(), 1e-5, "abc-def"
        event = judged.event()
        began = time.perf_counter()
        metrics.record(event)
        took.append(time.perf_counter() - began)
    print(f"{count:,} hostile agents and paths: {series(metrics):,} series; {scrape(metrics)}")
    print(f"one decision counted: {median(took) * 1e6:.2f} µs")
    known = {signature.name for signature in policy.catalogue.signatures}
    names = [*sorted(known), *public_patterns.patterns()]
    for name in names:
        for rule in ("ai-training-off", "libraries-off"):
            client, verdict = Client(name, "", "robot"), Verdict("block", rule)
            metrics.record(replace(event, client=client, verdict=verdict))
        for proof in PROOFS:
            for signal in ("robots", "headers", "files"):
                metrics.notice(replace(client, proof=proof), signal)
                metrics.violation(replace(client, proof=proof), signal)
        metrics.proof(name, "spoofed")
    print(
        f"and {len(names):,} names, all of them told and asking: {series(metrics):,} series; {scrape(metrics)}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
