"""`stagedoor doctor`: is everything as it should be, from the site's port to the ledger's backup?

It looks from this machine: at the files, at the running guard, at the state directory, and, with the
site's public address, from outside as a crawler would. Each line says what was found and the fix.
Exit status 0: nothing has to be done; 1: something has.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from stagedoor.audit.responses import Fetched
from stagedoor.cli.certificate_check import certificate
from stagedoor.cli.examination import Finding, bad, good, unknown, warning
from stagedoor.cli.invocation import as_called
from stagedoor.cli.safekeeping import BACKED_UP
from stagedoor.cli.shared_options import add_desk, add_rules, in_site
from stagedoor.cli.site_client import Asker, Wish
from stagedoor.cli.slow_notice import notice
from stagedoor.cli.status import ask
from stagedoor.cli.trial import CRAWLER
from stagedoor.config.stance import Stance
from stagedoor.engine.cases import run_cases
from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import ConfigError, StagedoorError
from stagedoor.rules.policy import Policy
from stagedoor.verify.range_files import RANGES

DAY = 86_400.0
_CLOCK = 120.0
"""Seconds by which two clocks may differ: more, and signatures, licences and evidence suffer."""
_OLD_LISTS = 14
_OLD_BACKUP = 31
_LEDGER = "ledger.sqlite"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_desk(parser, sites=False)
    parser.description = ""
    add_rules(parser)
    parser.add_argument("--state", type=Path, metavar="DIR", help="the guard's state directory")
    parser.add_argument(
        "--site",
        default="",
        metavar="URL|NAME",
        help="your site as visitors see it, else publish.address in the stance; or the name of one of "
        "several",
    )


def run(options: argparse.Namespace) -> int:
    """Print a line for each thing; 1 where something has to be done."""
    failed = False
    with notice("looking"):
        for finding in _of_all(options):
            print(as_called(str(finding)), flush=True)
            failed |= finding.failed
    return int(failed)


def _of_all(options: argparse.Namespace) -> Iterator[Finding]:
    """Of several sites one after the other, unless one is named."""
    try:
        sites = site_policies.names(options.rules, rule_folder.load(options.rules))
    except ConfigError:
        sites = ()  # it is reported below
    if not sites:
        yield from _findings(options)
        return
    for name in sites:
        own = argparse.Namespace(**{**vars(options), "site": name})
        in_site(own)
        for finding in _findings(own):
            yield replace(finding, text=f"{name}: {finding.text}")


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    policy: Policy | None = None
    try:
        policy = rule_folder.load(options.rules)
    except ConfigError as error:
        count = len(error.problems)
        yield bad(
            f"the rules have {count} mistake{'s' * (count != 1)}: {error.problems[0]}",
            "`stagedoor check` lists all",
        )
    else:
        yield rules(policy)
    stance = policy.stance if policy is not None else Stance()
    if stance.site.upstream:
        yield asyncio.run(upstream(stance.site.upstream))
        yield from port(stance.site.upstream, own_addresses())
    else:
        yield unknown("where the site answers is not in the stance", "write site: {upstream: …}")
    name = rule_folder.split(options.rules)[1]
    yield guard(options.at, name)
    public = "" if name else options.site
    public = public or stance.publish.address
    if public:
        yield from outside(public.rstrip("/"), options.state, stance)
    else:
        yield unknown("nothing was looked at from outside", "name your site: --site https://…")
    if options.state is None:
        yield unknown("nothing was looked at in the state directory", "name it: --state DIR")
        return
    yield from ledger(options.state, time.time())
    yield lists(options.state.parent.parent if name else options.state, time.time())


def rules(policy: Policy) -> Finding:
    """Whether the cases of all rules hold."""
    cases, failures = run_cases(policy)
    own = [f for f in failures if f.by is None or rule_folder.is_shipped(f.by)]
    if own:
        return bad(f"{len(own)} of {cases:,} cases do not hold", "`stagedoor check` shows them")
    return good(f"{len(policy.rules)} rules load, and their {cases:,} cases hold")


async def _get(url: str, agent: str, most: int = 300_000) -> Fetched:
    return await Asker(agent).get(url, Wish(most, seconds=10))


async def upstream(url: str) -> Finding:
    """Whether the site behind the guard answers."""
    found = await _get(url + "/", "Stagedoor (its own site's guard, looking)")
    if found.trouble:
        return bad(f"your site: {url} {found.trouble}", "start it")
    return good(f"your site answers at {url} ({found.status})")


def own_addresses() -> Sequence[str]:
    """The addresses of this machine that others may reach, as far as its routes tell."""
    found = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))  # sends nothing: the system only chooses a route
            except OSError:
                continue
            found.append(probe.getsockname()[0])
    return [text for text in found if not ip_address(text).is_loopback]


def port(url: str, addresses: Sequence[str]) -> Iterator[Finding]:
    """Whether the site's own port answers at addresses that others can reach."""
    parts = urlsplit(url)
    number = parts.port or {"http": 80, "https": 443}[parts.scheme]
    if not addresses:
        yield unknown("this machine has no address besides loopback, so no port is open to others")
        return
    for address in addresses:
        try:
            with socket.create_connection((address, number), timeout=2):
                pass
        except OSError:
            continue
        shown = f"[{address}]" if ":" in address else address
        yield bad(
            f"the site's port answers at {shown}:{number}: visitors can go past the guard",
            f"let the site listen at 127.0.0.1:{number} alone, or close the port in the firewall",
        )
        return
    yield good(f"the site's port {number} does not answer at {', '.join(addresses)}")


def guard(at: str, site: str = "") -> Finding:
    """Whether the guard runs, with the rules that are on disk."""
    try:
        found = ask(at, site)
    except StagedoorError as error:
        return bad(str(error).partition(" — ")[0], "start it: `stagedoor serve`, or name --at")
    if not found["rules"]["current"]:
        return bad(
            "the guard runs with rules from before", "those on disk have mistakes: see above"
        )
    if found["mode"] == "observe":
        return warning("the guard runs, and refuses nobody", "mode: enforce in the stance")
    return good(f"the guard runs and enforces {found['rules']['in_force']} rules")


def outside(site: str, state: Path | None, stance: Stance) -> Iterator[Finding]:
    """The site as visitors see it: is it the guard's, do signals arrive, whose address comes through?"""
    if site.startswith("https://"):
        yield certificate(site)
    path = f"/stagedoor-doctor-{secrets.token_hex(4)}.mp3"
    began = time.time()
    found = asyncio.run(_get(site + path, CRAWLER, 4_000))
    if found.trouble:
        yield bad(f"{site} {found.trouble}", "is the web server in front running?")
        return
    yield clock(found, began)
    if found.status in {402, 403} and b"GPTBot" in found.body:
        yield good(f"a crawler at {site} is refused ({found.status})")
    elif stance.mode == "enforce" and stance.ai.train == "no":
        yield bad(
            f"GPTBot asks for a recording at {site} and gets {found.status}, not a refusal",
            "let your web server pass everything to the guard",
        )
    else:
        yield warning(
            f"GPTBot gets {found.status} at {site}", "the stance observes, or allows training"
        )
    yield signals(found, asyncio.run(_get(site + "/robots.txt", CRAWLER)), stance)
    if state is not None:
        yield from seen(state, path, site)


def clock(found: Fetched, now: float) -> Finding:
    """The clock of this machine, held against the Date of the answer."""
    date = next((value for name, value in found.fields if name.lower() == "date"), "")
    try:
        other = parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return unknown("the clock was not compared: the answer has no Date")
    apart = abs(other - now)
    if apart > _CLOCK:
        return bad(
            f"this clock and that of the web server are {apart:,.0f} s apart",
            "let both follow NTP (timedatectl set-ntp true): evidence rests on the time",
        )
    return good("this clock and that of the web server agree")


def signals(recording: Fetched, robots: Fetched, stance: Stance) -> Finding:
    """Whether headers and robots.txt say what the stance says, as a crawler gets them."""
    names = {name.lower() for name, _ in recording.fields}
    missing = []
    if stance.publish.says("robots") and b"Stagedoor" not in robots.body:
        missing.append("robots.txt")
    if stance.publish.says("content_usage") and "content-usage" not in names:
        missing.append("the header Content-Usage")
    if missing:
        return bad(
            f"what you allow does not arrive: {' and '.join(missing)} missing",
            "a web server or a network in front answers by itself: let it pass robots.txt on, and "
            "keep headers",
        )
    return good("what you allow arrives at a crawler: robots.txt and headers")


def seen(state: Path, path: str, site: str) -> Iterator[Finding]:
    """How the guard saw the doctor's own request, by its decision log."""
    entry = _entry(state / "decisions.jsonl", path)
    if entry is None:
        yield unknown(
            "the doctor's request is not in the decision log",
            f"does {site} lead to the guard with this state directory?",
        )
        return
    address = str(entry.get("address", ""))
    mine = _my_address(site)
    try:
        inner = ip_address(address).is_loopback
    except ValueError:
        yield unknown(f"the guard wrote down no address ({address!r})")
        return
    if inner and mine and not ip_address(mine).is_loopback:
        yield bad(
            f"the guard took your web server ({address}) for the visitor, who came from {mine}",
            "trusted_proxies: [127.0.0.1] under site in the stance",
        )
    elif inner:
        yield unknown(
            "whether visitors' addresses come through: the doctor came from this machine itself",
            "ask once from elsewhere, and look at the desk",
        )
    else:
        yield good(f"visitors' addresses come through ({address})")
    if site.startswith("https://"):
        yield (
            good("the TLS handshake comes through")
            if "tls-not-a-browser" in str(entry.get("traits"))
            else unknown(
                "whether the TLS handshake comes through: this request did not show it",
                "docs/behind-a-proxy.md says how a proxy passes JA4 on",
            )
        )


def _entry(log: Path, path: str) -> dict[str, object] | None:
    """The line about `path`; it may take the guard a moment to write it."""
    for _ in range(20):
        try:
            with log.open("rb") as file:
                file.seek(max(0, log.stat().st_size - 65_536))
                for line in reversed(file.read().splitlines()):
                    if path.encode() in line:
                        found: dict[str, object] = orjson.loads(line)
                        return found
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    return None


def _my_address(site: str) -> str:
    """The address from which this machine reaches the site; empty where that is not known."""
    parts = urlsplit(site)
    try:
        family, _, _, _, target = socket.getaddrinfo(
            parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def ledger(state: Path, now: float) -> Iterator[Finding]:
    """Whether there is a ledger, and when it was last copied or its head noted."""
    if not state.is_dir():
        yield bad(f"{state} is no directory", "name the guard's state directory: --state DIR")
        return
    if not (state / _LEDGER).exists():
        yield warning(
            "there is no ledger", "evidence: {ledger: yes} in the stance, and start with --state"
        )
        return
    marker = state / BACKED_UP
    if not marker.exists():
        yield warning(
            "the ledger was never backed up",
            "`stagedoor evidence backup FILE`, weekly, to another disk",
        )
        return
    days = (now - marker.stat().st_mtime) / DAY
    yield (
        good(f"the ledger was backed up {_ago(days)}")
        if days <= _OLD_BACKUP
        else warning(f"the ledger was backed up {_ago(days)}", "`stagedoor evidence backup FILE`")
    )


def lists(state: Path, now: float) -> Finding:
    """How old the operators' address lists are."""
    times = []
    for path in (state / RANGES).glob("*.json") if (state / RANGES).is_dir() else ():
        try:
            times.append(float(orjson.loads(path.read_bytes())["fetched"]))
        except (OSError, ValueError, KeyError, TypeError):
            try:
                times.append(path.stat().st_mtime)
            except OSError:
                continue
    if not times:
        return warning(
            "address lists are those that the program came with",
            "`stagedoor update --state DIR`, weekly",
        )
    days = (now - max(times)) / DAY
    if days > _OLD_LISTS:
        return warning(
            f"address lists were fetched {_ago(days)}: they prove nothing against anybody",
            "`stagedoor update --state DIR`, weekly, by cron or a timer",
        )
    return good(f"address lists were fetched {_ago(days)}")


def _ago(days: float) -> str:
    whole = int(days)
    return "today" if whole < 1 else "yesterday" if whole == 1 else f"{whole} days ago"
