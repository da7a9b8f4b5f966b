"""robots.txt → groups and records: signals/robots/lines.py."""

from __future__ import annotations

from stagedoor.signals.robots.lines import BOM, read

SEEDS = (
    b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nAllow: /a # c\nSitemap: http://x/",
    b"\xef\xbb\xbfuser-agent *\rdisallow /x\r\nCrawl-delay: 1", b"Disallow: /\nUser-Agent: \nx",
)  # fmt: skip


def check(data: bytes) -> None:
    """Nothing is made up, and the order stays."""
    robots = read(data)
    lines = data.removeprefix(BOM).splitlines()
    last = 0
    for group in robots.groups:
        assert last < group.first_line <= group.last_agent_line
        for record in group.records:
            assert record.line in lines[record.number - 1]
            assert record.value in record.line
            last = max(last, record.number)
        last = max(last, group.last_agent_line)
        for agent in group.agents:
            assert group in robots.speaking_to(agent)
    for record in robots.loose:
        assert record.line in lines[record.number - 1]
