"""The core alone, in this process: what one identification, one decision and so on cost.

Each is measured in turns with a fixed loop of plain Python, so that the ratio says something on any
machine; a request through bare mitmdump costs several thousand such loops.
"""

from __future__ import annotations

import gc
import itertools
import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_network
from typing import Any

from . import cast
from .door import ROOT
from .quality import frozen_browsers
from .report import Figure, Report, Unit, surroundings

_PLAIN = "/music/one.mp3"
_TWISTED = "/music//./al%62um/../caf%C3%A9%20session.MP3?session=1"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to time: `action(n)` does it n times. `base` is the loop, or what it is held against."""

    name: str
    action: Callable[[int], object]
    unit: Unit = "µs"
    base: Callable[[int], object] | None = None
    wanted: str = ""


def loop(times: int) -> int:
    """The baseline: ten additions and as many comparisons, `times` times."""
    total = 0
    for _ in range(times):
        for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10):
            if number != total:
                total = number + 1
    return total


def measure(rounds: int, seconds: float, tell: Callable[[str], None]) -> Report:
    """Every subject `rounds` times, each time beside its baseline, `seconds` a sample."""
    subjects, about = _subjects()
    figures = []
    for subject in subjects:
        tell(subject.name)
        figure = Figure(subject.name, subject.unit, "less", subject.wanted)
        base = subject.base or loop
        times, base_times = _times(subject.action, seconds), _times(base, seconds)
        for _ in range(rounds):
            figure.base.append(_timed(base, base_times))
            figure.guard.append(_timed(subject.action, times))
        figures.append(figure)
    facts = surroundings()
    about += (
        f" {rounds} rounds in turns with a loop of ten additions and comparisons. Tenth: with "
        "the whole catalogue against a tenth of it, for agents never seen; same finds: the tenth has "
        "all entries that know these browsers, too. "
        f"{facts['cpus']} CPUs, load {facts['load'][0]:.1f}; Python {facts['python']}."
    )
    title = "The guard's core, beside a loop of Python"
    return Report(title, ("loop", "core"), figures, ["", about], facts)


def _timed(action: Callable[[int], object], times: int) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        action(times)
        return (time.perf_counter() - began) / times
    finally:
        gc.enable()


def _times(action: Callable[[int], object], seconds: float) -> int:
    """How often to do it for a sample of about `seconds`; the first call is also the warm-up."""
    times = 1
    while (taken := _timed(action, times) * times) < seconds / 8:
        times *= 2
    return max(1, round(times * seconds / taken))


def _subjects() -> tuple[Sequence[Subject], str]:
    if (addons := str(ROOT / "addons")) not in sys.path:
        sys.path.insert(0, addons)
    from stagedoor.engine.order import judge  # noqa: PLC0415
    from stagedoor.identify.matcher import CACHED_AGENTS  # noqa: PLC0415
    from stagedoor.load import rule_folder  # noqa: PLC0415 (it is found only now)
    from stagedoor.model.facts import Request  # noqa: PLC0415
    from stagedoor.resources.paths import normalise  # noqa: PLC0415

    policy = rule_folder.load()
    agents = cast.agents()
    # One more than fits: going round such a list, the cache never has what is asked for.
    strangers = [f"{agents[n % len(agents)]} {n:x}" for n in range(CACHED_AGENTS + 1)]
    requests = [
        Request("GET", "music.example", normalise(path), path, agent)
        for agent in agents
        for path in (*cast.PAGES, *cast.MUSIC, *cast.FEED)
    ]
    crowd = _crowd(policy)
    seen = [(r, policy.identify(r.agent), policy.classify(r.path)) for r in requests]
    about = (
        f"{len(policy.rules)} rules, {policy.in_force} in force; "
        f"{len(policy.catalogue.signatures)} crawlers and clients, {policy.matcher.tokens} tokens."
    )
    return (
        Subject("identify, agent new", _each(policy.identify, strangers)),
        Subject("identify, agent known", _each(policy.identify, agents)),
        *_tenths(policy, agents),
        _networks(),
        Subject("decide, agent known", _each(lambda request: judge(policy, request), requests)),
        Subject("rules alone, shipped", _each(lambda facts: policy.plan.decide(*facts), seen)),
        Subject("rules alone, 1,000 rules", _each(lambda facts: crowd.plan.decide(*facts), seen)),
        Subject(
            "rules alone, 1,000, path new",
            _each(lambda facts: crowd.plan.decide(*facts), _new(seen)),
        ),
        Subject("normalise, plain path", _each(normalise, [_PLAIN])),
        Subject("normalise, twisted path", _each(normalise, [_TWISTED])),
        Subject("load all rules", _each(lambda _: rule_folder.load(), [None]), "ms"),
    ), about


def _tenths(policy: Any, agents: Sequence[str]) -> Iterable[Subject]:
    """Whether more signatures make a lookup slower: the whole catalogue against a tenth of it."""
    from stagedoor.identify.catalogue import Catalogue  # noqa: PLC0415
    from stagedoor.identify.matcher import CACHED_AGENTS, Matcher  # noqa: PLC0415
    from stagedoor.identify.own_words import OWN  # noqa: PLC0415
    from stagedoor.load.public_patterns import second  # noqa: PLC0415
    from stagedoor.model.facts import as_header  # noqa: PLC0415

    def strangers(known: Sequence[str]) -> Sequence[str]:
        rounds = math.ceil((CACHED_AGENTS + 1) / len(known))
        return [f"{agent} {number:x}" for number in range(rounds) for agent in known]

    everything = policy.catalogue.signatures
    visitors, browsers = strangers(agents), strangers([*map(as_header, frozen_browsers())])
    found = {policy.matcher.identify(agent).name for agent in browsers}
    tenth = everything[::10]
    same = tuple(s for n, s in enumerate(everything) if n % 10 == 0 or s.name in found)
    for name, asking, part in (
        ("tenth, visitors", visitors, tenth),
        ("tenth, browsers", browsers, tenth),
        ("tenth, same finds", browsers, same),
    ):
        small = Matcher(Catalogue(part), second(), OWN)
        action, base = (_each(m.identify, asking) for m in (policy.matcher, small))
        yield Subject(name, action, base=base, wanted="≤ 1.2")


NETWORKS = 100_000
"""Networks of operators; the lists of fifteen have three thousand."""


def _networks() -> Subject:
    """Whose address is it? Four in five networks are IPv4, as in the operators' lists."""
    from stagedoor.identify.prefixes import Prefixes  # noqa: PLC0415

    dice = random.Random(6480)  # any; it is the same in every run
    four = [(dice.getrandbits(32), dice.randint(16, 28)) for _ in range(NETWORKS * 4 // 5)]
    six = [(dice.getrandbits(128), dice.randint(32, 64)) for _ in range(NETWORKS // 5)]
    networks = [
        *(ip_network((number, length), strict=False) for number, length in four),
        *(ip_network((number, length), strict=False) for number, length in six),
    ]
    table = Prefixes((network, number % 15) for number, network in enumerate(networks))
    asked = [str(network[dice.getrandbits(4)]) for network in dice.sample(networks, 5_000)]
    strangers = [str(IPv4Address(dice.getrandbits(32))) for _ in range(5_000)]
    return Subject("100,000 networks", _each(table.find, [*asked, *strangers]), wanted="≤ 3 µs")


CROWD = 1000
"""Rules, as a label with many artists might write them."""


def _crowd(policy: Any) -> Any:
    """The shipped rules, and as many of a label's own as make a thousand, before them."""
    from stagedoor.config.yamltext import Source  # noqa: PLC0415
    from stagedoor.load import rule_folder  # noqa: PLC0415

    kinds = (
        "request.path: /artists/{n}/**, client.purpose: [ai-training, seo]",
        "request.path: [/label/{n}/*.flac, {{re: '^/promo/{n}-[a-z]+'}}], request.method: POST",
        'request.agent: ["*Player {n}*", {{re: "Zorb/{n}([.]|$)"}}], resource: audio',
        "request.address: [10.{n2}.0.0/16, 192.0.2.{n2}], resource: audio, client.purpose: robot",
        "client.purpose: [seo, archive], resource: download, request.path: /zip/{n}/**",
        "request.header.referer: '*shop{n}.example*', request.path: /shop/{n}/**",
    )
    rules = "".join(
        f"- {{id: crowd-{n}, title: T, when: {{{kinds[n % len(kinds)].format(n=n, n2=n % 250)}}}, "
        "then: block}\n"
        for n in range(CROWD - len(policy.rules))
    )
    return rule_folder.build(
        [*rule_folder.sources(), Source("05-crowd.yaml", rules.encode())], policy
    )


def _new(seen: Sequence[Any]) -> Sequence[Any]:
    """The same requests with paths that no cache holds."""
    from dataclasses import replace  # noqa: PLC0415

    from stagedoor.rules.plan import CACHED_TEXTS  # noqa: PLC0415

    return [
        (replace(request, path=f"{request.path}-{n:x}"), client, resource)
        for n, (request, client, resource) in zip(
            range(CACHED_TEXTS + 1), itertools.cycle(seen), strict=False
        )
    ]


def _each(function: Callable[[Any], object], arguments: Sequence[Any]) -> Callable[[int], object]:
    """`function` on one argument after the other; the list goes round and is taken up again."""
    endless = itertools.cycle(arguments)

    def action(times: int) -> None:
        for argument in itertools.islice(endless, times):
            function(argument)

    return action
