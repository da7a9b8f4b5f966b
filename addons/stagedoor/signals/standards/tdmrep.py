"""TDM Reservation Protocol (W3C Community Group, final report of 10 May 2024).

1 reserves the rights to text and data mining, 0 does not, anything else says nothing. It may stand
in a file for the whole site, in headers and in HTML; the nearer to the resource, the stronger:
file < header < HTML. The two properties are merged one by one: what is absent resets nothing, so a
header with a reservation alone keeps the policy that the file names. Mining covers training and says nothing of answers and search, so `train` is
all that is read out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from typing import Literal
from urllib.parse import quote

import orjson

from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.links import absolute
from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.patterns import matches, pattern, requested
from stagedoor.signals.standard import (
    Document,
    Fault,
    Fields,
    Files,
    Header,
    Merge,
    Message,
    Page,
    Standard,
    Switch,
)

FILE = "/.well-known/tdmrep.json"
POLICY_FILE = "/.well-known/tdm-policy.json"
FILE_LIMIT = 1_000_000
"""Octets. A longer file is not read at all: half a JSON text is none."""
_ENTRIES = 10_000

RESERVATION, POLICY = "tdm-reservation", "tdm-policy"
_FLAGS: dict[Answer, int] = {"no": 1, "yes": 0}
_ANSWERS: dict[object, Answer] = {flag: answer for answer, flag in _FLAGS.items()}

POLICY_TYPE = "application/ld+json"
Duty = Literal["obtainConsent", "compensate"]
"""What somebody who wants to mine must do first: ask, or pay."""


def read(data: bytes, path: str) -> Statement | None:
    """What the file at `FILE` says about `path` (with its query): the first match decides."""
    try:
        entries = (
            orjson.loads(data.removeprefix(b"\xef\xbb\xbf")) if len(data) <= FILE_LIMIT else ()
        )
    except orjson.JSONDecodeError:
        return None
    if not isinstance(entries, list):
        return None
    path = requested(path)
    for entry in entries[:_ENTRIES]:
        location = entry.get("location") if isinstance(entry, dict) else None
        if isinstance(location, str) and matches(pattern(location), path):
            return _of_entry(location, entry)
    return None


def _of_entry(location: str, entry: dict[str, object]) -> Statement | None:
    flag, policy = entry.get(RESERVATION), entry.get(POLICY)
    words: dict[str, object] = {"location": location}
    said = Said()
    # JSON knows no difference between 1 and 1.0; Python knows none between 1 and True.
    if not isinstance(flag, bool) and isinstance(flag, int | float) and flag in _ANSWERS:
        words[RESERVATION] = flag
        said = Said(train=_ANSWERS[flag])
    if isinstance(policy, str):
        words[POLICY] = policy
    return Statement("tdmrep", FILE, said, orjson.dumps(words).decode()) if len(words) > 1 else None


def read_headers(fields: Iterable[tuple[str, str]]) -> Statement | None:
    """What a response's headers say. Of several that differ, 1 counts."""
    return _of_pairs(fields, "header")


def read_meta(metas: Iterable[tuple[str, str]]) -> Statement | None:
    """What the `<meta>` elements (name, content) of a page say. Of several that differ, 1 counts."""
    return _of_pairs(metas, "html")


def _of_pairs(pairs: Iterable[tuple[str, str]], where: str) -> Statement | None:
    said = [(name.lower(), value.strip()) for name, value in pairs]
    flags = [value for name, value in said if name == RESERVATION]
    answer = next((answer for answer, flag in _FLAGS.items() if str(flag) in flags), None)
    lines = [f"{RESERVATION}: {_FLAGS[answer]}"] if answer else []
    lines += [f"{POLICY}: {value}" for name, value in said if name == POLICY][:1]
    return Statement("tdmrep", where, Said(train=answer), "\n".join(lines)) if lines else None


def settle(statements: Sequence[Statement]) -> Statement | None:
    """What counts, of what stands in the file, in the headers and in the page, in that order.

    Each property is taken from where it stands nearest to the resource; None without a reservation.
    """
    flag = next((s for s in reversed(statements) if s.said.train), None)
    if flag is None:
        return None
    policies = ((policy_of(s), s.where) for s in reversed(statements))
    policy, where = next((found for found in policies if found[0]), ("", ""))
    if flag.said.train == "yes" or not policy or where == flag.where:
        return flag
    kept = flag.text.replace(f"\n{POLICY}: {policy_of(flag)}", "")
    return replace(flag, text=f"{kept}\n{POLICY}: {policy} (in {where})")


def policy_of(statement: Statement) -> str:
    """The address of the policy that a statement names; empty where it names none."""
    first, *others = statement.text.split("\n")
    entry = first.startswith("{")  # of the file: one line of JSON, see `_of_entry`
    lines = (line.partition(": ") for line in (others if entry else (first, *others)))
    named = next((value for name, _, value in lines if name == POLICY), "")
    return named or (str(orjson.loads(first).get(POLICY, "")) if entry else "")


def write(train: Answer, *, policy: str = "", locations: Sequence[str] = ("/",)) -> bytes:
    """The file for `FILE`. `policy` is an absolute URL; ValueError for anything else."""
    marks = _marks(train, policy)
    entries = [{"location": location, **marks} for location in locations]
    return orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_headers(train: Answer, *, policy: str = "") -> tuple[tuple[str, str], ...]:
    """Header fields that say it for one response."""
    return tuple((name, str(value)) for name, value in _marks(train, policy).items())


def write_meta(train: Answer, *, policy: str = "") -> str:
    """`<meta>` elements that say it for one page."""
    return "\n".join(
        f'<meta name="{name}" content="{escape(str(value))}">'
        for name, value in _marks(train, policy).items()
    )


def _marks(train: Answer, policy: str) -> dict[str, object]:
    # Where nothing is reserved a policy is to be ignored, so none is written.
    reserved = {POLICY: absolute(policy)} if policy and train == "no" else {}
    return {RESERVATION: _FLAGS[train], **reserved}


def write_policy(
    uid: str,
    *,
    site: str,
    name: str,
    email: str = "",
    page: str = "",
    target: str = "",
    duty: Duty = "obtainConsent",
) -> bytes:
    """The policy document at `uid`, a profile of ODRL 2.2 in JSON-LD, for `POLICY_TYPE`.

    `site` stands for the artist called `name`; `page` says where a licence is to be had, `target`
    which recordings are meant (those of the site, when empty). All are absolute URLs but the name
    and the address for mail; ValueError for anything else.
    """
    assigner = {"uid": absolute(site), "vcard:fn": name}
    if email:
        assigner["vcard:hasEmail"] = "mailto:" + quote(email, safe="@+")
    if page:
        assigner["vcard:hasURL"] = absolute(page)
    permission = {
        "target": absolute(target or site),
        "action": "tdm:mine",
        "duty": [{"action": duty}],
    }
    document = {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": absolute(uid),
        "assigner": assigner,
        "permission": [permission],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


# -- the standard ----------------------------------------------------------------------------------


def _linked(message: Message) -> Message:
    """A policy says whom to ask: it needs an address of its own, and a reservation to be about."""
    reserved = message.address and message.said.train == "no"
    return replace(message, tdm_policy=f"{message.address}{POLICY_FILE}" if reserved else "")


def _read_fields(fields: Fields) -> tuple[Statement, ...]:
    found = read_headers(fields)
    return (found,) if found else ()


def _read_page(head: Head, _url: str) -> tuple[Statement, ...]:
    found = read_meta(head.metas)
    return (found,) if found else ()


def _read_file(data: bytes, _at: str, path: str) -> tuple[Statement, ...]:
    found = read(data, path)
    return (found,) if found else ()


def _stricter(theirs: Fields, ours: Fields) -> Merge:
    """A reservation of the site's stays, and its policy; ours takes the place of anything else."""
    site = [value.strip() for name, value in theirs if name.lower() == RESERVATION]
    if "1" in site:
        return Merge()
    if site and not any(value == "1" for _, value in ours):
        return Merge()
    policy = tuple(field for field in theirs if field[0].lower() == POLICY)
    if not policy or "0" in site:  # where nothing is reserved, a policy is to be ignored
        return Merge(drop=True, add=ours)
    flag = tuple(field for field in ours if field[0].lower() == RESERVATION)
    return Merge(drop=bool(site), add=flag + (policy if site else ()))


def _files(message: Message) -> dict[str, Document]:
    policy = message.tdm_policy
    found = {FILE: Document("application/json", write(message.train, policy=policy))}
    if policy:
        text = write_policy(
            policy,
            site=f"{message.address}/",
            name=message.name or message.address,
            email=message.mail,
            page=message.page,
        )
        found[POLICY_FILE] = Document(POLICY_TYPE, text)
    return found


def _fault(data: bytes, at: str) -> Fault | None:
    try:
        if isinstance(orjson.loads(data.removeprefix(b"\xef\xbb\xbf")), list):
            return None
    except orjson.JSONDecodeError:
        pass
    return Fault(
        f"{at} is no JSON list: it says nothing.",
        'Write [{"location": "/", "tdm-reservation": 1}].',
    )


def _unlinked(message: Message) -> str:
    lost = message.said.train == "no"
    return f"{POLICY_FILE}, which says whom to ask for a licence" if lost else ""


STANDARD = Standard(
    name="tdmrep",
    title="TDMRep",
    caption="TDM Reservation Protocol of a W3C group: rights reserved against mining",
    switch=Switch("tdmrep", "and of the W3C: rights reserved against text and data mining"),
    header=Header(
        names=(RESERVATION, POLICY),
        read=_read_fields,
        write=lambda message: write_headers(message.train, policy=message.tdm_policy),
        stricter=_stricter,
        once=True,
    ),
    page=Page(
        read=_read_page,
        write=lambda message: write_meta(message.train, policy=message.tdm_policy),
    ),
    files=Files(
        write=_files,
        asked=(FILE,),
        read=_read_file,
        others=(POLICY_FILE, "/tdmrep.json"),
        whole=True,
        fault=_fault,
        what_for={
            FILE: "the same for text and data mining, by the law of the EU",
            POLICY_FILE: "whom to ask for a licence",
        },
    ),
    refusal=lambda _use: "tdm-reservation 1 instead of 0",
    linked=_linked,
    unlinked=_unlinked,
    nearest=True,
    settle=settle,
)
