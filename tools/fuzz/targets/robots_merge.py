"""The robots.txt that is published: signals/robots/merge.py and layout.py."""

from __future__ import annotations

from stagedoor.signals.meaning import USES, Said, resolve
from stagedoor.signals.robots.access import allowed, decide, read
from stagedoor.signals.robots.lines import BOM
from stagedoor.signals.robots.merge import BEGIN, END, merge
from stagedoor.signals.standards import content_signal
from stagedoor.signals.wanted import Wanted
from tools.fuzz.parts import split

CRAWLERS = {"GPTBot": "train", "CCBot": "train", "ChatGPT-User": "input", "Googlebot": "search"}
WANTED = Wanted(Said("no", "no", "yes"), CRAWLERS, licence="https://a.example/license.xml")
SEEDS = (
    b"/music/a.mp3\x1eUser-agent: GPTBot\nAllow: /\nDisallow: /x\nUser-agent: CCBot\n"
    b"User-agent: Googlebot\nDisallow: /d/\nUser-agent: *\nContent-Signal: ai-train=yes\nSitemap: x",
    b"/\x1e\xef\xbb\xbfUser-agent: *\rContent-Usage: / train-ai=y\rAllow: /*.mp3$\r",
    b"/a\x1e" + BEGIN + b"\nUser-agent: GPTBot\nDisallow: /\n" + END + b"\nUser-agent: *\nAllow: /",
)  # fmt: skip


def check(data: bytes) -> None:
    """Never weaker than the stance, nor than the site."""
    path, site = split(data, 2)
    merged = merge(site, WANTED)
    assert merge(merged.text, WANTED).text == merged.text
    if BEGIN in site or END in site:
        return  # marks in pairs are ours
    before, after = read(site), read(merged.text)
    standing = {token for c in merged.conflicts if c.stands for token in c.tokens}
    for token in (*CRAWLERS, "Else"):
        was, now = allowed(before, token, path), allowed(after, token, path)
        assert was or not now, token
        if token.lower() not in WANTED.refused:
            assert was == now, token
    for token in WANTED.refused.values():
        rule = decide(after, token, "/music/a.mp3").rule
        assert rule is not None
        assert rule.name == "disallow" or token in standing, token
        heard = content_signal.WORDS.heard(after, token, "/music/a.mp3")
        assert all(
            resolve(heard, use).answer == "no" for use in USES if WANTED.said.about(use) == "no"
        )
    left = iter(merged.text.removeprefix(BOM).splitlines())
    assert all(line in left for line in site.removeprefix(BOM).splitlines()), (
        "a line of the site is lost"
    )
