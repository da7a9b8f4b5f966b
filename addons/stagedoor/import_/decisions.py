"""Decisions about wishes: the stance says so, a rule is needed, or there can be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Literal

from stagedoor.engine.order import judge
from stagedoor.import_ import regexes
from stagedoor.import_.names import Names
from stagedoor.import_.wishes import Anybody, Expression, Named, Robots, Wish, Written
from stagedoor.model.errors import Problem
from stagedoor.model.facts import CRAWLERS, Purpose, Request, Verdict, as_header
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

PROBES = ("/", "/about", "/feed.xml", "/cover.jpg", "/music/a.mp3", "/music/a.m3u8")
"""Pages and recordings: what is refused, or let in, on all of them is so on the whole site."""
PAGE = "/about"
SOMEBODY = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PEOPLE = (
    SOMEBODY,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "VLC/3.0.21 LibVLC/3.0.21",
)
A_ROBOT = "ExampleBot/1.0 (+https://example.net/bot)"

_FOR_PEOPLE: frozenset[Purpose] = frozenset(
    {"ai-agent", "social-preview", "monitoring", "content-id"}
)
ROBOTS: tuple[Purpose, ...] = (
    *sorted(CRAWLERS - _FOR_PEOPLE),
    "robot",
)
"""Whom robots.txt speaks to. Not those who come because a person asked, or for the artist."""

State = Literal["write", "so", "always", "left"]
"""A rule is needed; it is so under the stance; it is so whatever a rule says; there can be none."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A wish and an example of whom it is for.

    `name` is the client's in the catalogue (empty where another field decides); `new` where it is
    not there yet. `pages`: it is let in to pages, and recordings are left to the stance.
    """

    wish: Wish
    agent: str = SOMEBODY
    name: str = ""
    new: bool = False
    state: State = "write"
    pages: bool = False
    besides: tuple[str, ...] = ()
    """The catalogue's names for those that `User-agent: *` is not for."""
    remark: Problem | None = None

    @property
    def said(self) -> str:
        """How messages call it."""
        who = self.wish.who
        match who:
            case Named():
                return self.name or who.token
            case Written(agent=Expression(pattern=text)) | Written(agent=str(text)):
                return self.wish.label or (text if len(text) < 50 else text[:47] + "…")
            case Robots():
                return "robots.txt's *"
            case _:
                return self.wish.label or "this rule"

    def left(self, message: str, fix: str = "") -> Settled:
        """The same, not to be carried over."""
        problem = Problem(self.wish.at, f"{self.said}: {message}", fix)
        return replace(self, state="left", remark=problem)

    def request(self, path: str = "") -> Request:
        """A request that the wish is about."""
        given = example_headers(self.wish)
        agent = as_header(self.agent)
        path = path or self.wish.sample
        return Request(
            method="GET",
            host="example.org",
            path=normalise(path),
            target=path,
            agent=agent,
            headers=tuple(given.items()),
            address=example_address(self.wish),
        )


def some_robot(policy: Policy, besides: Sequence[str]) -> str:
    """The user agent of a robot that is none of `besides`: one that nobody knows, if it is seen."""
    examples = (
        (signature.name, agent)
        for signature in policy.catalogue.signatures
        if signature.purpose in ROBOTS and not signature.robots_only
        for agent in (signature.examples.match or signature.tokens)[:1]
    )
    for name, agent in ((A_ROBOT, A_ROBOT), *examples):
        if name not in besides and policy.identify(as_header(agent)).purpose in ROBOTS:
            return agent
    return A_ROBOT


def example_headers(wish: Wish) -> dict[str, str]:
    """Headers with which the wish holds."""
    return {
        name: "x" if wanted is None else regexes.sample(wanted.pattern) or ""
        for name, wanted in wish.headers
    }


def example_address(wish: Wish) -> str:
    """An address for which the wish holds; empty where it names none."""
    if not wish.addresses:
        return ""
    net = ip_network(wish.addresses[0])
    return str(net[1] if net.num_addresses > 2 else net[0])


def known(wish: Wish, names: Names) -> Settled:
    """`wish` with the name that the catalogue has for it, or is to have."""
    unready = Settled(wish)
    for name, wanted in wish.headers:
        if wanted is not None and regexes.sample(wanted.pattern) is None:
            return unready.left(f"no example could be made for {name}", "write its rule by hand")
    match wish.who:
        case Named(token=token, otherwise=otherwise):
            signature = names.find(token)
            if signature is not None and signature.robots_only:
                return unready.left(
                    "no request carries this name, so there is nothing to refuse",
                    "keep it in robots.txt; the stance says the rest",
                )
            if signature is not None and not (signature.fallback and otherwise):
                agent = signature.examples.match[0] if signature.examples.match else token
                return replace(unready, name=signature.name, agent=agent)
            unfit = names.unfit(token) if signature is None else "it is a part of many names"
            if not unfit:
                return replace(unready, name=token, agent=token, new=True)
            if not otherwise:
                return unready.left(unfit, "give more of its user agent")
            return known(replace(wish, who=Written(otherwise)), names)
        case Written(agent=Expression(pattern=pattern)):
            made = regexes.sample(pattern)
            if made is None:
                return unready.left("no user agent could be made to match it", "write it by hand")
            return replace(unready, agent=made)
        case Written(agent=str(text)):
            return replace(unready, agent=text.replace("*", ""))
        case Robots():
            return replace(unready, agent=A_ROBOT)
    return unready


def decided(one: Settled, policy: Policy) -> Settled:
    """Whether `policy`, as it stands, does already what is wished."""
    wish = one.wish
    # Of a folder, what lies in it counts: `/.well-known/` stands for every file there.
    sample = f"{wish.sample}file" if wish.sample.endswith("/") else wish.sample
    if policy.classify(normalise(sample)).kind == "signal":
        if wish.action == "block":
            return one.left(
                f"{wish.sample} tells what is allowed, and is never refused", "take it out"
            )
        return replace(_so(one, f"{wish.sample} is never refused"), state="always")
    if opens_to_all(wish):
        return _so(one, f"people are let in to {wish.sample} anyway, crawlers as the stance says")
    if isinstance(wish.who, Written) and wish.action == "block" and not _narrowed(wish):
        hit = next((agent for agent in PEOPLE if regexes.described(wish.who.agent, agent)), "")
        if hit:
            return one.left(f"it would refuse people, too ({hit.partition(' ')[0]} …)", _NAME)
    claimed = policy.identify(as_header(one.agent)).purpose if one.name else ""
    if claimed == "browser" and wish.action == "block" and not _narrowed(wish):
        return one.left("that is a browser, and people use it", _NAME)
    if isinstance(wish.who, Anybody | Robots) or wish.addresses or wish.headers:
        return one
    verdicts = {path: _asked(one, path, policy) for path in dict.fromkeys((wish.sample, *PROBES))}
    other = next((v for v in verdicts.values() if v.action != wish.action), None)
    if wish.action == "block":
        first = verdicts[wish.sample]
        return one if other else _so(one, f"{one.said} is refused ({first.rule})")
    refused = {path: v for path, v in verdicts.items() if v.action == "block"}
    if not refused:
        return _so(one, f"{one.said} is let in")
    if wish.paths:
        return one
    if PAGE not in refused:
        rule = next(iter(refused.values())).rule
        return replace(
            _so(one, f"{one.said} is let in to pages; recordings as the stance says ({rule})"),
            pages=True,
        )
    return one.left(f"the stance refuses it ({_why(refused[PAGE], policy)})", _CHANGE)


def opens_to_all(wish: Wish) -> bool:
    """Whether it lets everybody in somewhere, those whom the stance refuses as well."""
    allowed = wish.action == "allow" and isinstance(wish.who, Anybody)
    return allowed and not (wish.addresses or wish.headers)


def _narrowed(wish: Wish) -> bool:
    return bool(wish.paths or wish.addresses or wish.headers)


_NAME = "say more closely whom you mean"
_CHANGE = "change that in stance.yaml if you mean it, or write a rule of your own"


def _why(verdict: Verdict, policy: Policy) -> str:
    """`ai.train is no`, or the rule that decides."""
    rule = next((rule for rule in policy.rules if rule.id == verdict.rule), None)
    words = [f"{k.removeprefix('stance.')} is {v}" for k, v in rule.assumes.items()] if rule else []
    return ", ".join(words) or verdict.rule


def _so(one: Settled, message: str) -> Settled:
    remark = Problem(one.wish.at, f"already so under your stance: {message}")
    return replace(one, state="so", remark=remark)


def _asked(one: Settled, path: str, policy: Policy) -> Verdict:
    return judge(policy, one.request(path)).verdict


def needed(settled: list[Settled], policy: Policy) -> list[Settled]:
    """With a rule also for what is so already, and would not be any more after a later rule."""
    return [
        written(one)
        if one.state == "so"
        and any(w.state == "write" and _crosses(w, one, policy) for w in settled[number + 1 :])
        else one
        for number, one in enumerate(settled)
    ]


def written(one: Settled) -> Settled:
    """`one`, which is so already, as a rule all the same."""
    wish = replace(one.wish, sample=PAGE) if one.pages else one.wish
    return replace(one, state="write", remark=None, wish=wish)


def _crosses(later: Settled, one: Settled, policy: Policy) -> bool:
    """Whether `later` would overrule `one`, as far as agents show."""
    if later.wish.action == one.wish.action:
        return False
    if isinstance(one.wish.who, Anybody):
        return True
    match later.wish.who:
        case Named():
            return later.name == one.name
        case Written(agent=agent):
            return regexes.described(agent, one.agent)
        case Robots(besides=besides):
            named = isinstance(one.wish.who, Named) and one.wish.who.token in besides
            return not named and policy.identify(as_header(one.agent)).purpose in ROBOTS
    return True
