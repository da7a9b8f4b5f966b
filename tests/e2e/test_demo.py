"""`stagedoor demo`: what a newcomer sees first."""

from __future__ import annotations

import sys

from e2e.programs import run


def test_the_cast_knocks_and_is_told_apart() -> None:
    done = run(sys.executable, "-m", "stagedoor", "demo", "--once", timeout=60)
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert "Who came to the door: 11 let in, 6 refused" in done.stdout
    assert " 200 " in rows["A fan's Firefox"]
    assert " 206 " in rows["An iPhone plays"]
    for refused in ("A false Googlebot", "OpenAI's crawler", "Common Crawl", "A scraping script"):
        assert "403 refused" in rows[refused], done.stdout
    assert "200 23 B" in rows["… asks what it may"]
    assert max(map(len, done.stdout.splitlines())) <= 100
