"""Mistakes that people, editors and programs make in rule files: a table of named mutators.

MUTATORS spoil a shipped file at a place that chance picks (seeded by the mutator's and the file's
name, so that it is the same each time); WHEN, RULES, STANCES and ENTRIES are written out. What the parser makes of
all of them is `test_mutations.py`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal

from making import ROOT
from stagedoor.model.actions import words
from stagedoor.model.facts import KINDS, PURPOSES

Outcome = Literal["refused", "legal", "either"]
Mutator = Callable[[str, Random], str | bytes]

RULE_FILES = ("10-proof", "20-ai", "30-crawlers", "40-tools", "50-disguises")
CATALOGUE = ("crawlers/google", "crawlers/openai", "clients/headless", "clients/browsers")
OWN = "60-own.yaml"
"""A file that is not shipped."""
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Mutant:
    """One spoiled file. `outcome` is what must become of it, where that is sure.

    `means` is the word that the fix must name; `whole` says that the file as a whole is the
    mistake, so that no line can be named.
    """

    name: str
    file: str
    make: Callable[[], bytes]
    outcome: Outcome = "either"
    means: str = ""
    whole: bool = False


# -- places ----------------------------------------------------------------------------------------

_ENTRY = re.compile(r"^( *(?:- )?)([a-z][a-z_.]{3,}):( .+)?$", re.MULTILINE)
"""A key of four letters or more on a line of its own: shorter words have too many neighbours."""
_SCALAR = re.compile(
    r'^(?P<blanks> *)(?P<key>[a-z][a-z_.]*): (?P<value>[^\s"#\[{][^#\n]*?)(?: +#.*)?$', re.MULTILINE
)
_CONTENT = re.compile(r"^ *[^\s#].*\n", re.MULTILINE)
_LETTER = re.compile(r"(?<=[a-z])[a-z](?=[a-z])")


def _choose(pattern: re.Pattern[str], text: str, random: Random) -> re.Match[str]:
    return random.choice(list(pattern.finditer(text)))


def _instead(text: str, found: re.Match[str], new: str, group: int | str = 0) -> str:
    return text[: found.start(group)] + new + text[found.end(group) :]


# -- slips of the pen ------------------------------------------------------------------------------


def swapped(word: str, random: Random) -> str:
    places = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1]]
    at = random.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def dropped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def doubled(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


SLIPS: Mapping[str, Callable[[str, Random], str]] = {
    "swapped": swapped,
    "dropped": dropped,
    "doubled": doubled,
}
_WORD = re.compile(
    r"(?:purpose|resource|then|expect): \[?("
    + "|".join(sorted({*words(), *KINDS, *PURPOSES} - {"log"}, key=len, reverse=True))
    + r")(?=[,\]}\n])"
)
"""A word that is chosen from a list: a purpose, a kind, an action."""


def _slips(name: str, text: str) -> Iterator[Mutant]:
    for what, pattern, group in (("key", _ENTRY, 2), ("word", _WORD, 1)):
        if not pattern.search(text):
            continue
        for slip, change in SLIPS.items():
            random = Random(f"{slip} {what} {name}")
            found = _choose(pattern, text, random)
            new = change(found[group], random)
            yield Mutant(
                f"{what}-{slip}-{name}",
                f"{name}.yaml",
                partial(_encoded, _instead(text, found, new, group)),
                "refused",
                means=found[group],
            )


# -- one mutator a mistake -------------------------------------------------------------------------


def _value(new: str) -> Mutator:
    """Another value for some key."""
    return lambda text, random: _instead(text, _choose(_SCALAR, text, random), new, "value")


def _line(change: Callable[[str, Random], str]) -> Mutator:
    """Another line for some line that says something."""

    def mutator(text: str, random: Random) -> str:
        found = _choose(_CONTENT, text, random)
        return _instead(text, found, change(found[0], random))

    return mutator


def _indented(change: Callable[[str], str]) -> Mutator:
    """Another indentation for some line that has one."""

    def mutator(text: str, random: Random) -> str:
        found = _choose(re.compile(r"^ +(?=[^\s#])", re.MULTILINE), text, random)
        return _instead(text, found, change(found[0]))

    return mutator


def _within(new: bytes) -> Mutator:
    """Bytes in the middle of some line."""

    def mutator(text: str, random: Random) -> bytes:
        at = _choose(_LETTER, text, random).start()
        return text[:at].encode() + new + text[at:].encode()

    return mutator


def _twice(text: str, random: Random) -> str:
    found = _choose(_SCALAR, text, random)
    return _instead(text, found, f"{found[0]}\n{found[1]}{found[2]}: {found[3]}")


def _merged(text: str, random: Random) -> str:
    found = _choose(_SCALAR, text, random)
    return _instead(text, found, f"{found[1]}<<: *all\n{found[0]}")


def _key(new: str) -> Mutator:
    return lambda text, random: _instead(text, _choose(_ENTRY, text, random), new, 2)


def _truncated(part: float) -> Mutator:
    return lambda text, random: text.encode()[
        : int(len(text.encode()) * part) + random.randrange(60)
    ]


def _other(random: Random) -> str:
    return (ROOT / "rules" / f"{random.choice((*RULE_FILES, *CATALOGUE))}.yaml").read_text("utf-8")


def _foreign_line(text: str, random: Random) -> str:
    found = _choose(_CONTENT, text, random)
    return _instead(text, found, found[0] + _choose(_CONTENT, _other(random), random)[0])


def _bomb(text: str, random: Random) -> str:
    doubling = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    return f"a0: &a0 [x, x]\n{doubling}{text}"


MUTATORS: Mapping[str, tuple[Mutator, Outcome]] = {
    # keys
    "key-capital": (lambda t, r: _instead(t, f := _choose(_ENTRY, t, r), f[2].upper(), 2), "refused"),
    "key-written-twice": (_twice, "refused"),
    "key-number": (_key("7"), "refused"),
    "key-empty": (_key('""'), "refused"),
    "key-emoji": (_key("🎸"), "refused"),
    "key-right-to-left": (_key("\u202eyek"), "refused"),
    "key-endless": (_key("k" * 900), "refused"),
    "key-of-escapes": (_key(r'"\x1b[31m\a\0\n"'), "refused"),
    "key-is-a-list": (_key("? [a, b]\n"), "refused"),
    "key-merged": (_merged, "refused"),
    "colon-missing": (_line(lambda s, r: s.replace(":", "", 1) if ":" in s else f"x{s}"), "either"),
    "colon-without-space": (lambda t, r: _instead(t, f := _choose(_SCALAR, t, r), f"{f[1]}{f[2]}:{f[3]}"), "refused"),
    "colon-twice": (lambda t, r: _instead(t, f := _choose(_SCALAR, t, r), f"{f[1]}{f[2]}: {f[3]}: more"), "refused"),
    "equals": (lambda t, r: _instead(t, f := _choose(_SCALAR, t, r), f"{f[1]}{f[2]} = {f[3]}"), "refused"),
    # values
    "value-number": (_value("7"), "either"),
    "value-minus": (_value("-1"), "either"),
    "value-fraction": (_value("0.5"), "either"),
    "value-true": (_value("true"), "either"),
    "value-nothing": (_value("~"), "either"),
    "value-list": (_value("[a, [b, c]]"), "refused"),
    "value-fields": (_value("{a: {b: c}}"), "refused"),
    "value-fields-in-a-list": (_value("[{a: b}, 1, ~]"), "refused"),
    "value-date": (_value("2026-02-30"), "either"),
    "value-time": (_value("2026-11-23T25:61:00Z"), "either"),
    "value-year-0": (_value("0000-00-00"), "either"),
    "value-long-number": (_value("9" * 5000), "either"),
    "value-18-digits": (_value("9" * 18), "either"),
    "value-1e400": (_value("1e400"), "either"),
    "value-not-a-number": (_value(".nan"), "either"),
    "value-infinite": (_value("-.inf"), "either"),
    "value-endless": (_value("x" * 200_000), "either"),
    "value-of-escapes": (_value(r'"\x1b[2J\a\b\0\r\n\u202e\u2028"'), "either"),
    "value-emoji": (_value("🎸👩‍🎤"), "either"),
    "value-right-to-left": (_value("'מוזיקה \u202e'"), "either"),
    "value-block-text": (_value("|\n        one\n        two"), "either"),
    # layout
    "tab-for-blanks": (_indented(lambda blanks: "\t"), "refused"),
    "tab-behind-blanks": (_indented(lambda blanks: f"{blanks}\t"), "either"),
    "tabs-everywhere": (lambda t, r: t.replace("  ", "\t"), "refused"),
    "indent-one-less": (_indented(lambda blanks: blanks[1:]), "either"),
    "indent-one-more": (_indented(lambda blanks: f"{blanks} "), "either"),
    "indent-none": (_indented(lambda blanks: ""), "either"),
    "line-removed": (_line(lambda s, r: ""), "either"),
    "line-twice": (_line(lambda s, r: s + s), "either"),
    "line-of-another-file": (_foreign_line, "either"),
    "lines-joined": (_line(lambda s, r: s.rstrip("\n")), "either"),
    "pasted-to-itself": (lambda t, r: t + t, "refused"),
    "pasted-to-another": (lambda t, r: t + _other(r), "refused"),
    "second-document": (lambda t, r: f"{t}\n---\n{t}", "refused"),
    "directive": (lambda t, r: f"%YAML 9.9\n---\n{t}", "refused"),
    "conflict-marks": (_line(lambda s, r: f"<<<<<<< HEAD\n{s}=======\n{s}>>>>>>> mine\n"), "refused"),
    "truncated-early": (_truncated(0.1), "either"),
    "truncated-in-the-middle": (_truncated(0.5), "either"),
    "truncated-late": (_truncated(0.9), "either"),
    # marks
    "quote-opened": (_value('"never closed'), "refused"),
    "single-quote-opened": (_value("'never closed"), "refused"),
    "quote-within": (_value('"a" b'), "refused"),
    "bracket-opened": (_value("[a, b"), "refused"),
    "brace-opened": (_value("{a: b"), "refused"),
    "bracket-closed": (_value("a]}"), "either"),
    "brackets-mixed": (_value("[a}"), "refused"),
    "at-sign": (_value("@home"), "refused"),
    "percent": (_value("%s"), "refused"),
    "bad-escape": (_value(r'"\q"'), "refused"),
    "lone-surrogate": (_value(r'"\ud800"'), "refused"),
    "beyond-unicode": (_value(r'"\UFFFFFFFF"'), "refused"),
    "anchor": (_value("&a b"), "refused"),
    "alias": (_value("*a"), "refused"),
    "alias-of-itself": (_value("&a [*a]"), "refused"),
    "alias-bomb": (_bomb, "refused"),
    "tag": (_value("!!python/object/apply:os.system [x]"), "refused"),
    "tag-of-ones-own": (_value("!include /etc/hostname"), "refused"),
    # bytes
    "nul": (_within(b"\0"), "refused"),
    "bell": (_within(b"\a"), "refused"),
    "escape": (_within(b"\x1b[31m"), "refused"),
    "latin-1": (_within("é".encode("latin-1")), "refused"),
    "latin-1-after-umlauts": (lambda t, r: "# äöü ".encode() + b"\xe9\n" + t.encode(), "refused"),
    "utf-8-cut-short": (lambda t, r: t.encode() + "🎸".encode()[:3], "refused"),
    "utf-8-too-long": (_within(b"\xc0\x80"), "refused"),
    "surrogate-bytes": (_within(b"\xed\xa0\x80"), "refused"),
    "replacement-character": (_within("\N{REPLACEMENT CHARACTER}".encode()), "either"),
    "byte-order-mark": (lambda t, r: b"\xef\xbb\xbf" + t.encode(), "legal"),
    "byte-order-mark-within": (_within(b"\xef\xbb\xbf"), "either"),
    "utf-16": (lambda t, r: t.encode("utf-16"), "refused"),
    "utf-16-unmarked": (lambda t, r: t.encode("utf-16-le"), "refused"),
    "utf-32": (lambda t, r: t.encode("utf-32"), "refused"),
    "crlf": (lambda t, r: t.replace("\n", "\r\n"), "legal"),
    "cr": (lambda t, r: t.replace("\n", "\r"), "legal"),
    "next-line": (lambda t, r: t.replace("\n", "\x85"), "either"),
    "line-separator": (_within("\u2028".encode()), "either"),
    "no-break-space": (lambda t, r: t.replace("  ", "\u00a0\u00a0"), "either"),
    "noise": (lambda t, r: r.randbytes(2000), "refused"),
    # whole files
    "empty": (lambda t, r: "", "either"),
    "blank": (lambda t, r: " \n\n  \n", "either"),
    "remark-alone": (lambda t, r: "# nothing\n", "either"),
    "dashes-alone": (lambda t, r: "---\n", "either"),
    "dots-alone": (lambda t, r: "...\n", "either"),
    "braces-alone": (lambda t, r: "{}", "either"),
    "brackets-alone": (lambda t, r: "[]", "either"),
    "a-word-alone": (lambda t, r: "music", "refused"),
    "a-number-alone": (lambda t, r: "7", "refused"),
    "html": (lambda t, r: "<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n", "refused"),
    "json-in-a-list": (lambda t, r: '[[{"a": [1, 2, null]}]]', "refused"),
    "audio": (lambda t, r: b"ID3\x04\0\0\0\0\0\x23TSSE\0\0\xff\xfb\x90d", "refused"),
}  # fmt: skip

FILES = (*RULE_FILES, "stance", "fingerprints", *CATALOGUE)


def _spoiled(files: Mapping[str, str], each: int) -> Iterator[Mutant]:
    """Every mutator on `each` of the files: of rules, the stance, of the catalogue in turn."""
    for number, (mistake, (mutator, outcome)) in enumerate(MUTATORS.items()):
        for turn in range(each):
            name = FILES[(number * 4 + turn * 5) % len(FILES)]
            text = files[name]
            if mistake == "key-is-a-list" and name == "stance":
                continue
            yield Mutant(
                f"{mistake}-{name}",
                f"{name}.yaml",
                partial(_mutated, mutator, text, f"{mistake} {name}"),
                outcome,
            )


def _mutated(mutator: Mutator, text: str, seed: str) -> bytes:
    made = mutator(text, Random(seed))
    return made if isinstance(made, bytes) else _encoded(made)


def _encoded(text: str) -> bytes:
    return text.encode()


# -- written out -----------------------------------------------------------------------------------


def _nested(group: str, depth: int) -> str:
    inner = "{resource: audio}"
    for _ in range(depth):
        inner = f"{{not: {inner}}}" if group == "not" else f"{{{group}: [{inner}]}}"
    return inner


WHEN: Mapping[str, tuple[str, Outcome]] = {
    "re-nested": ("{request.agent: {re: '" + "(" * 5000 + ")" * 5000 + "'}}", "refused"),
    "re-nested-900": ("{request.agent: {re: '" + "(" * 990 + "a" + ")" * 990 + "'}}", "either"),
    "re-repeated": ("{request.agent: {re: '((a{100}){100}){100}'}}", "refused"),
    "re-exponential": ("{request.agent: {re: '(a*)*(a|a)*(.*a){20}$'}}", "legal"),
    "re-letters": (r"{request.path: {re: '\pL{1000}'}}", "refused"),
    "re-back-reference": (r"{request.path: {re: '(a)\1'}}", "refused"),
    "re-look-around": ("{request.path: {re: '(?=a)(?<!b)'}}", "refused"),
    "re-open": ("{request.path: {re: '[a-'}}", "refused"),
    "re-endless": ("{request.path: {re: '" + "a|" * 100_000 + "'}}", "refused"),
    "re-many": ("{request.path: {re: [" + ", ".join(f"a.{{500}}b{n}" for n in range(500)) + "]}}", "refused"),
    "re-many-large": ("{request.path: {re: [" + ", ".join(f"'a.{{500}}b{n}'" for n in range(500)) + "]}}", "legal"),
    "re-empty": ("{request.path: {re: ''}}", "refused"),
    "re-nothing": ("{request.path: {re: }}", "refused"),
    "re-list-of-nothing": ("{request.path: {re: []}}", "refused"),
    "re-number": ("{request.path: {re: 7}}", "refused"),
    "re-controls": (r'{request.path: {re: "\0\x1b\n"}}', "legal"),
    "re-misspelt": ("{request.path: {er: a}}", "refused"),
    "glob-stars": ("{request.path: '" + "*" * 5000 + "'}", "refused"),
    "glob-stars-short": ("{request.path: '" + "*" * 1999 + "'}", "legal"),
    "glob-stars-and-letters": ("{request.agent: '" + "*a" * 900 + "'}", "legal"),
    "glob-questions": ("{request.path: '/" + "?" * 400_000 + "'}", "refused"),
    "glob-many": ("{request.path: [" + ", ".join(f"/**/{n}/**" for n in range(10_000)) + "]}", "legal"),
    "glob-relative": ("{request.path: music/**}", "refused"),
    "glob-emoji": ("{request.path: /🎸/**, request.agent: '*🎸*'}", "legal"),
    "glob-empty": ("{request.path: ''}", "refused"),
    "network-letters": ("{request.address: localhost}", "refused"),
    "network-999": ("{request.address: 999.0.0.1/8}", "refused"),
    "network-/33": ("{request.address: 10.0.0.0/33}", "refused"),
    "network-/-1": ("{request.address: 10.0.0.0/-1}", "refused"),
    "network-zone": ("{request.address: 'fe80::1%eth0/64'}", "either"),
    "network-long": ("{request.address: " + "1." * 100_000 + "}", "refused"),
    "network-digits": ("{request.address: " + "1" * 17 + "}", "either"),
    "network-many": ("{request.address: [" + ", ".join(f"10.{n >> 8}.{n & 255}.0/24" for n in range(20_000)) + "]}", "legal"),
    "network-empty": ("{request.address: []}", "refused"),
    "duration-1e400-years": ("{behaviour.known_for: {over: 1e400 years}}", "refused"),
    "duration-long": ("{behaviour.known_for: {over: " + "9" * 5000 + "d}}", "refused"),
    "duration-of-60-digits": ("{behaviour.known_for: {over: " + "9" * 60 + "d}}", "refused"),
    "duration-minus": ("{behaviour.known_for: {over: -1h}}", "refused"),
    "duration-unit": ("{behaviour.known_for: {over: 10 moons}}", "refused"),
    "duration-number": ("{behaviour.known_for: {over: 10}}", "refused"),
    "duration-arabic-digits": ("{behaviour.known_for: {over: ١٠m}}", "refused"),
    "size-long": ("{behaviour.audio_last_hour: {over: " + "9" * 62 + "TB}}", "refused"),
    "count-text": ("{behaviour.requests_last_minute: {over: many}}", "refused"),
    "count-long": ("{behaviour.requests_last_minute: {over: " + "9" * 400 + "}}", "refused"),
    "count-nan": ("{behaviour.requests_last_minute: {over: .nan}}", "refused"),
    "count-alone": ("{behaviour.requests_last_minute: 40}", "refused"),
    "count-bounds": ("{behaviour.requests_last_minute: {over: 1, at_least: 2}}", "refused"),
    "count-list": ("{behaviour.requests_last_minute: {over: [1]}}", "refused"),
    "all-deep": (_nested("all", 5000), "refused"),
    "any-deep": (_nested("any", 5000), "refused"),
    "not-deep": (_nested("not", 5000), "refused"),
    "not-14": (_nested("not", 14), "legal"),
    "any-empty": ("{any: []}", "refused"),
    "any-fields": ("{any: {resource: audio}}", "refused"),
    "not-a-list": ("{not: [resource]}", "refused"),
    "all-many": ("{all: [" + ", ".join(f"request.path: /{n}/**" for n in range(5000)) + "]}", "legal"),
    "any-many": ("{any: [" + ", ".join(f"request.path: /{n}" for n in range(5000)) + "]}", "legal"),
    "brackets-deep": ("[" * 400_000, "refused"),
    "names-many": ("{client.name: [" + "Nobody, " * 50_000 + "]}", "refused"),
    "name-long": ("{client.name: " + "G" * 400_000 + "}", "refused"),
    "fields-many": ("{" + ", ".join(f"k{n}: a" for n in range(50_000)) + "}", "refused"),
    "header-empty": ("{request.header.: a}", "refused"),
    "header-controls": (r'{"request.header.\r\n": a}', "either"),
    "stance-unknown": ("{stance.ai.trian: no}", "refused"),
    "stance-word": ("{stance.ai.train: maybe}", "refused"),
    "text": ("audio", "refused"),
    "nothing": ("", "refused"),
}  # fmt: skip

_RULE = "- {{id: r{0}, title: T, when: {1}, then: {2}}}\n"


def _many(count: int, when: str, then: str) -> str:
    return "".join(_RULE.format(n, when.replace("N", str(n)), then) for n in range(count))


RULES: Mapping[str, tuple[Callable[[], str], Outcome]] = {
    "rules-20000": (lambda: "".join(f"- {{id: r{n}, title: T, then: log}}\n" for n in range(20_000)), "legal"),
    "rules-20000-that-refuse": (lambda: "".join(f"- {{id: r{n}, title: T, then: block}}\n" for n in range(20_000)), "legal"),
    "rules-2000-on-paths": (lambda: _many(2000, "{request.path: /N/**}", "block"), "legal"),
    "rules-2000-on-agents": (lambda: _many(2000, "{request.agent: '*aN*'}", "block"), "legal"),
    "rules-8000-misspelt": (lambda: _many(8000, "{client.nmae: GPTBot}", "blok"), "refused"),
    "rules-8000-unknown-names": (lambda: _many(8000, "{client.name: GPTBott}", "block"), "refused"),
    "rules-8000-of-one-id": (lambda: "- {id: r, title: T, then: log}\n" * 8000, "refused"),
    "items-10-mb": (lambda: "- a\n" * (10 * MEGABYTE // 4), "refused"),
    "blanks-10-mb": (lambda: " " * 10 * MEGABYTE, "refused"),
    "lines-10-mb": (lambda: "\n" * 10 * MEGABYTE, "refused"),
    "one-line-10-mb": (lambda: "a" * 10 * MEGABYTE, "refused"),
    "items-1-mb": (lambda: "- a\n" * (MEGABYTE // 4), "refused"),
    "items-in-brackets-1-mb": (lambda: f"[{'a,' * 490_000}]", "refused"),
    "items-119000": (lambda: "- a\n" * 119_000, "refused"),
    "blanks-1-mb": (lambda: " " * MEGABYTE, "legal"),
    "tabs-1-mb": (lambda: "\t" * MEGABYTE, "refused"),
    "remark-1-mb": (lambda: "#" * MEGABYTE, "legal"),
    "one-word-1-mb": (lambda: "a" * MEGABYTE, "refused"),
    "colons-1-mb": (lambda: "a:" * (MEGABYTE // 2), "refused"),
    "dashes-1-mb": (lambda: "- " * (MEGABYTE // 2), "refused"),
    "questions-1-mb": (lambda: "? " * (MEGABYTE // 2), "refused"),
    "braces-1-mb": (lambda: "{a: " * (MEGABYTE // 4), "refused"),
    "quote-1-mb": (lambda: '"' + "a b " * 249_000, "refused"),
    "block-text-1-mb": (lambda: "|\n" + " \n" * 490_000, "refused"),
    "one-key-1-mb": (lambda: "id: x\n" * 160_000, "refused"),
    "cases-10000": (lambda: "- id: x\n  title: X\n  then: log\n  cases:\n" + "    - {ua: a, get: /a, expect: log}\n" * 10_000, "legal"),
}  # fmt: skip

STANCES: Mapping[str, tuple[str, Outcome]] = {
    "listen-long": ("site: {listen: '" + "9" * 5000 + "'}", "refused"),
    "listen-number": ("site: {listen: 99999999}", "refused"),
    "listen-superscript": ("site: {listen: '8²'}", "refused"),
    "upstream-brackets": ("site: {upstream: 'http://[::1'}", "refused"),
    "upstream-port": ("site: {upstream: 'http://a:99999999999'}", "refused"),
    "upstream-controls": (r'site: {upstream: "http://a\r\n\0b"}', "either"),
    "upstream-long": ("site: {upstream: 'http://" + "a" * 100_000 + "/x'}", "refused"),
    "contact-escapes": (r'artist: {contact: "\x1b[2J\n@"}', "refused"),
    "name-escapes": (r'artist: {name: "\x1b[2J\n"}', "either"),
    "proxies-nonsense": ("site: {trusted_proxies: [a, 1, ~, {}]}", "refused"),
    "proxies-many": ("site: {trusted_proxies: [" + "x, " * 50_000 + "]}", "refused"),
    "paths-long": ("audio: {paths: ['/" + "?" * 100_000 + "']}", "refused"),
    "paths-many": ("audio: {paths: [" + ", ".join(f"/**/{n}" for n in range(20_000)) + "]}", "legal"),
    "paths-of-questions": ("audio: {paths: [" + ", ".join(f"'/{n}/{'?' * 1980}'" for n in range(300)) + "]}", "legal"),
    "keys-90000": ("".join(f"k{n}: a\n" for n in range(90_000)), "refused"),
    "everything-wrong": ("artist: 1\nai: []\nothers: x\naudio: ~\nsite: [a]\nmode: []\non_error: 2", "refused"),
}  # fmt: skip

_ENTRIES = "reviewed: {1}\npurpose: seo\ncrawlers: [{0}]"
ENTRIES: Mapping[str, tuple[str, Outcome]] = {
    "token-empty": (_ENTRIES.format("{name: X, token: ''}", "2026-11-23"), "refused"),
    "token-blank": (_ENTRIES.format("{name: X, token: ' '}", "2026-11-23"), "refused"),
    "token-long": (_ENTRIES.format("{name: X, token: " + "x" * 900_000 + "}", "2026-11-23"), "either"),
    "token-controls": (_ENTRIES.format(r'{name: X, token: "\0\n\x1b"}', "2026-11-23"), "either"),
    "token-emoji": (_ENTRIES.format("{name: 🎸, token: 🎸🎸}", "2026-11-23"), "legal"),
    "token-of-another": (_ENTRIES.format("{name: X, token: GPTBot}", "2026-11-23"), "refused"),
    "name-of-another": (_ENTRIES.format("{name: GPTBot, token: XYZZY}", "2026-11-23"), "refused"),
    "name-long": (_ENTRIES.format("{name: " + "x" * 400_000 + "}", "2026-11-23"), "refused"),
    "reviewed-never": (_ENTRIES.format("", "2026-02-30"), "refused"),
    "reviewed-long": (_ENTRIES.format("", "9" * 5000), "refused"),
    "reviewed-number": (_ENTRIES.format("", "99999999999999999"), "refused"),
    "reviewed-minus": (_ENTRIES.format("", "-1"), "either"),
    "reviewed-fields": (_ENTRIES.format("", "{a: b}"), "refused"),
    "entries-4000": (_ENTRIES.format(", ".join(f"{{name: X{n}, token: Xyzzy{n}}}" for n in range(4000)), "2026-11-23"), "legal"),
    "entries-10000-alike": (_ENTRIES.format("{name: X, token: Xyzzy}, " * 10_000, "2026-11-23"), "refused"),
    "entries-wrong": (_ENTRIES.format("a, " * 110_000, "2026-11-23"), "refused"),
    "proof-nonsense": (_ENTRIES.format("{name: X, token: Xyzzy, proof: {web_bot_auth: 'https://[::1'}}", "2026-11-23"), "refused"),
    "proof-word": (_ENTRIES.format("{name: X, token: Xyzzy, proof: rdns}", "2026-11-23"), "refused"),
}  # fmt: skip


def _written() -> Iterator[Mutant]:
    rule = "- id: own\n  title: Own\n  when: {0}\n  then: block\n"
    for name, (when, outcome) in WHEN.items():
        text = rule.replace("{0}", when)
        yield Mutant(f"when-{name}", OWN, partial(_encoded, text), outcome)
    for name, (make, outcome) in RULES.items():
        whole = name.endswith("-10-mb")
        yield Mutant(name, OWN, partial(_late, make), outcome, whole=whole)
    for name, (text, outcome) in STANCES.items():
        yield Mutant(f"stance-{name}", "stance.yaml", partial(_encoded, text), outcome)
    for name, (text, outcome) in ENTRIES.items():
        yield Mutant(f"entry-{name}", "crawlers/own.yaml", partial(_encoded, text), outcome)


def _late(make: Callable[[], str]) -> bytes:
    return _encoded(make())


def mutants(each: int = 3) -> list[Mutant]:
    """All of them; each of the MUTATORS on `each` files."""
    files = {name: (ROOT / "rules" / f"{name}.yaml").read_text("utf-8") for name in FILES}
    return [
        *(mutant for name, text in files.items() for mutant in _slips(name, text)),
        *_spoiled(files, each),
        *_written(),
    ]
