"""X-Robots-Tag and robots meta: whose rules, and what they mean to whom."""

from __future__ import annotations

import pytest
from datadiligence.rules.http import XRobotsTagHeader
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.html import head
from stagedoor.signals.meaning import Answer, Said
from stagedoor.signals.standards import robots_tag

answers = st.sampled_from(["yes", "no", None])
saids = st.builds(Said, answers, answers, answers)
agents = st.lists(st.sampled_from(["*", "GPTBot", "Applebot-Extended", "CCBot/2.0"]), unique=True)


def read(*values: str) -> dict[str, Said]:
    return {found.agent: found.said for found in robots_tag.read(values)}


NO_TRAINING = Said(train="no")
NOT_BING = Said(train="no", input="no")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["noai"], {"*": NO_TRAINING}),
        (["NoAI, noimageai"], {"*": NO_TRAINING}),
        (["noai", "noimageai"], {"*": NO_TRAINING}),
        (["noimageai"], {}),
        (["all, index, follow"], {}),
        (["noindex"], {"*": Said(search="no")}),
        (["none, noai"], {"*": Said(train="no", search="no")}),
        (["BadBot: noindex, noai"], {"BadBot": Said(train="no", search="no")}),
        # Google's own examples.
        (
            ["googlebot: nofollow", "otherbot: noindex, nofollow"],
            {"otherbot": Said(search="no")},
        ),
        (["noarchive", "unavailable_after: 25 Jun 2010 15:00:00 PST"], {"bingbot": NOT_BING, "amazonbot": NO_TRAINING}),
        (["max-snippet: -1, noai"], {"*": NO_TRAINING}),
        (["unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noai"], {"*": NO_TRAINING}),
        (["GPTBot: unavailable_after: 2025-12-03T13:09:53Z, noai"], {"GPTBot": NO_TRAINING}),
        (["max-image-preview:large, GPTBot: noai, noindex"], {"GPTBot": Said(train="no", search="no")}),
        # A scope ends with its line.
        (["GPTBot: noindex", "noai"], {"GPTBot": Said(search="no"), "*": NO_TRAINING}),
        (["a: noai, b: noai"], {"a": NO_TRAINING, "b": NO_TRAINING}),
        (["GPTBot: noai", "gptbot: noindex"], {"GPTBot": Said(train="no", search="no")}),
        (["*: noai"], {"*": NO_TRAINING}),
        # noarchive, to those who say what they mean by it.
        (["bingbot: noarchive"], {"bingbot": NOT_BING}),
        (["bingbot: noarchive, nocache"], {}),
        (["noarchive, nocache"], {"amazonbot": NO_TRAINING}),
        (["noarchive", "BingBot: nocache"], {"amazonbot": NO_TRAINING}),
        (["Amazonbot: noarchive"], {"Amazonbot": NO_TRAINING}),
        (["otherbot: noarchive"], {}),
        (["nocache"], {}),
        ([], {}),
        ([":", "::", ",", " : noai", "a b: noai"], {}),
    ],
)  # fmt: skip
def test_who_is_told_what(values: list[str], said: dict[str, Said]) -> None:
    assert read(*values) == said


def test_a_statement_quotes_the_rules_of_its_agent_alone() -> None:
    found = robots_tag.read(["noarchive, GPTBot: noai, noindex, max-snippet: 3"])
    assert {statement.agent: statement.text for statement in found} == {
        "GPTBot": "X-Robots-Tag: GPTBot: noai, noindex, max-snippet: 3",
        "bingbot": "X-Robots-Tag: noarchive",
        "amazonbot": "X-Robots-Tag: noarchive",
    }
    assert {(statement.standard, statement.where) for statement in found} == {
        ("robots-tag", "header")
    }


def test_meta_elements_name_their_crawler() -> None:
    found = robots_tag.read_meta(
        [
            ("Robots", "noai, noimageai"),
            ("GPTBot", "noindex"),
            ("description", "noai"),
            ("keywords", "noindex"),
            ("robots", "GPTBot: noindex"),
        ]
    )
    assert {statement.agent: statement.said for statement in found} == {
        "*": NO_TRAINING,
        "GPTBot": Said(search="no"),
    }
    assert {statement.where for statement in found} == {"html"}
    assert {statement.text for statement in found} == {
        '<meta name="robots" content="noai, noimageai, GPTBot: noindex">',
        '<meta name="GPTBot" content="noindex">',
    }


@given(saids, agents, st.booleans())
def test_what_is_written_is_read_back(said: Said, names: list[str], noarchive: bool) -> None:
    fields = robots_tag.write(said, agents=names, noarchive=noarchive)
    found = robots_tag.read([value for _, value in fields])
    told = {statement.agent: statement.said for statement in found if statement.agent in names}
    assert told == (dict.fromkeys(names, NO_TRAINING) if said.train == "no" else {})
    assert len(fields) == (len(names) if said.train == "no" else 0)
    assert "noindex" not in str(fields)
    page = robots_tag.write_meta(said, noarchive=noarchive).encode()
    in_page = robots_tag.read_meta(head.scan(page).metas)
    assert [s.said for s in in_page if s.agent == "*"] == [NO_TRAINING] * (said.train == "no")


@pytest.mark.parametrize(
    ("said", "asked", "written"),
    [
        (Said(train="no", input="no"), True, True),
        (Said(train="no", input="no"), False, False),
        (Said(train="no", input="yes"), True, False),
        (Said(train="yes", input="no"), True, False),
    ],
)
def test_noarchive_is_written_only_when_asked_for(said: Said, asked: bool, written: bool) -> None:
    fields = robots_tag.write(said, noarchive=asked)
    assert ("noarchive" in str(fields)) is written
    assert (read(*(value for _, value in fields)).get("bingbot") == NOT_BING) is written


def test_a_name_that_is_none_is_not_written() -> None:
    for name in ("Bad Bot", "Bot\r\nX: y", "", "a:b", "a,b"):
        with pytest.raises(ValueError, match="crawler's name"):
            robots_tag.write(NO_TRAINING, agents=[name])


@given(st.sampled_from(["yes", "no"]))
def test_datadiligence_reads_it_the_same_way(train: Answer) -> None:
    headers = dict(robots_tag.write(Said(train=train))) or {"X-Other": ""}
    assert XRobotsTagHeader().is_allowed(headers=headers) is (train == "yes")
    scoped = dict(robots_tag.write(Said(train="no"), agents=["GPTBot"]))
    # It takes the first rule after a name only; ours is the one that counts.
    first = {name: value.partition(",")[0] for name, value in scoped.items()}
    assert XRobotsTagHeader(user_agent="GPTBot").is_allowed(headers=first) is False
    assert XRobotsTagHeader(user_agent="CCBot").is_allowed(headers=first) is True
