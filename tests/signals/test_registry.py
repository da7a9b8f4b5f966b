"""One place for all standards: a toy that is defined here alone shows up everywhere it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from tools.list_standards import PAGE

from flows import OpenGuard, answered, flow
from making import document, mistakes
from shippedpolicy import shipped_policy
from sitefacts import HTML, answer, audited, told
from stagedoor.cli import main
from stagedoor.config import stance as stances
from stagedoor.config import stance_reading
from stagedoor.config.stance import Stance
from stagedoor.fronts.mitmproxy.signal_responses import carried
from stagedoor.identify.catalogue import Catalogue
from stagedoor.model.errors import Problem
from stagedoor.publish.publication import published, stricter
from stagedoor.publish.server_snippets import snippets
from stagedoor.record.metric_table import markdown as metrics_table
from stagedoor.resources.kinds import classify
from stagedoor.rules.json_schema import stance_schema
from stagedoor.signals import registry, standards
from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.listing import markdown
from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.registry import Registry
from stagedoor.signals.robots.access import read
from stagedoor.signals.robots.usage_records import UsageWords
from stagedoor.signals.standard import (
    Document,
    Fault,
    Fields,
    Files,
    Header,
    Merge,
    Message,
    Page,
    RobotsRecord,
    Standard,
    Switch,
)

# -- the toy: `learn=yes` or `learn=no` ------------------------------------------------------------

WORDS: dict[str, Answer] = {"learn=yes": "yes", "learn=no": "no"}


def said(text: str) -> Said:
    return Said(train=WORDS.get(text.strip()))


def statements(where: str, *texts: str) -> tuple[Statement, ...]:
    return tuple(Statement("toy", where, said(text), text) for text in texts)


def word(message: Message) -> str:
    return f"learn={message.train}"


def strict(theirs: Fields, ours: Fields) -> Merge:
    keeps = any(said(value).train == "no" for _, value in theirs)
    return Merge() if keeps else Merge(drop=True, add=ours)


IN_ROBOTS = UsageWords(
    standard="toy",
    name="Toy-Use",
    labels={"learn": "train"},
    answers={"yes": "yes", "no": "no"},
    parse=lambda value: said(value if isinstance(value, str) else value.decode()),
)


def in_page(head: Head, _url: str) -> tuple[Statement, ...]:
    return statements("html", *(content for name, content in head.metas if name == "toy-use"))


TOY = Standard(
    name="toy",
    title="Toy-Use",
    caption="a standard for this test",
    switch=Switch("toy", "and as a toy"),
    header=Header(
        names=("toy-use",),
        read=lambda fields: statements("header", *(value for _, value in fields)),
        write=lambda message: (("Toy-Use", word(message)),),
        stricter=strict,
        bare="Toy-Use",
        once=True,
    ),
    page=Page(in_page, lambda message: f'<meta name="toy-use" content="{word(message)}">'),
    record=RobotsRecord(
        name="toy-use",
        write=lambda message, path: IN_ROBOTS.write_robots(Said(message.train), path),
        scope=IN_ROBOTS.scope,
        read=IN_ROBOTS.heard,
        example="learn=no",
    ),
    files=Files(
        write=lambda message: {"/toy.txt": Document("text/plain", word(message).encode())},
        asked=("/toy.txt",),
        read=lambda data, at, _path: statements(at, data.decode()),
        fault=lambda data, at: None if b"=" in data else Fault(f"{at} is no toy.", "Play."),
        what_for={"/toy.txt": "to play with"},
    ),
    refusal=lambda _use: "learn=no",
)


@pytest.fixture
def toy() -> Iterator[None]:
    with registry.extended(TOY):
        yield


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return shipped_policy().catalogue


def read_stance(text: str) -> Stance:
    problems: list[Problem] = []
    found = stance_reading.read_stance(document(text), problems)
    assert problems == []
    return found


OURS = ((b"Toy-Use", b"learn=no"),)

# -- where it shows up -----------------------------------------------------------------------------


@pytest.mark.usefixtures("toy")
def test_it_is_published_everywhere_it_speaks(catalogue: Catalogue) -> None:
    found = published(read_stance("ai: {train: no}"), catalogue)
    assert OURS[0] in found.headers
    assert found.files["/toy.txt"].text == b"learn=no"
    assert found.files["/toy.txt"].standard == "toy"
    assert '<meta name="toy-use" content="learn=no" />' in found.tags
    robots = read(found.robots(None).text)
    for token in ("GPTBot", "Googlebot", "anybody"):
        assert [s.said.train for s in IN_ROBOTS.heard(robots, token, "/a.mp3")] == ["no"]
    refused = next(group for group in robots.groups if "gptbot" in group.agents)
    assert b"/toy.txt" in {rule.value for rule in refused.rules if rule.name == "allow"}
    written = snippets(found.headers, found.files)
    assert 'add_header Toy-Use "learn=no" always;' in written["nginx.conf"]
    assert 'Header always set Toy-Use "learn=no"' in written["apache.conf"]
    assert '\tToy-Use "learn=no"' in written["Caddyfile"]


@pytest.mark.usefixtures("toy")
def test_its_switch_turns_it_off_and_nothing_else(catalogue: Catalogue) -> None:
    with_it = published(read_stance("ai: {train: no}"), catalogue)
    without = published(read_stance("publish: {toy: no}"), catalogue)
    assert without.headers == tuple(field for field in with_it.headers if field != OURS[0])
    assert set(without.files) == set(with_it.files) - {"/toy.txt"}
    assert b"toy-use" not in without.robots(None).text.lower()
    assert "toy-use" not in without.tags
    assert "toy" not in without.wanted.standards


@pytest.mark.usefixtures("toy")
def test_without_robots_txt_its_record_goes_too(catalogue: Catalogue) -> None:
    found = published(read_stance("publish: {robots: no}"), catalogue)
    assert not found.merges_robots
    assert OURS[0] in found.headers


@pytest.mark.usefixtures("toy")
def test_alone_it_is_a_reason_for_a_robots_txt(catalogue: Catalogue) -> None:
    off = "content_usage: no, content_signals: no"
    assert published(read_stance(f"publish: {{{off}}}"), catalogue).merges_robots


def test_a_wrong_word_is_a_mistake_and_so_is_the_switch_without_the_standard() -> None:
    assert mistakes({"stance.yaml": "publish: {toy: no}"})[0].startswith(
        'stance.yaml:1:11: unknown field "toy"'
    )
    with registry.extended(TOY):
        assert mistakes({"stance.yaml": "publish: {toy: no}"}) == []
        assert mistakes({"stance.yaml": "publish: {toy: perhaps}"}) == [
            'stance.yaml:1:16: toy "perhaps" is not one of: yes, no'
        ]
        assert 'did you mean "toy"?' in mistakes({"stance.yaml": "publish: {toyy: no}"})[0]


def test_editors_know_its_switch() -> None:
    before = stance_schema()
    with registry.extended(TOY):
        schema = stance_schema()
    switch = schema["definitions"]["Publish"]["properties"]["toy"]
    assert switch["description"] == "and as a toy"
    assert Draft7Validator(schema).is_valid({"publish": {"toy": "no"}})
    assert not Draft7Validator(schema).is_valid({"publish": {"toy": "perhaps"}})
    assert not Draft7Validator(before).is_valid({"publish": {"toy": "no"}})
    del schema["definitions"]["Publish"]["properties"]["toy"]
    assert schema == before == stance_schema()


@pytest.mark.usefixtures("toy")
def test_an_audit_hears_it_and_names_it() -> None:
    heard = {
        "header": audited(page=answer("/", "", HTML, ("Toy-Use", "learn=no"))),
        "html": audited(page=answer("/", '<meta name="toy-use" content="learn=no">', HTML)),
        "/toy.txt": audited(files={"/toy.txt": "learn=no"}),
        "/robots.txt": audited(robots="User-agent: *\nToy-Use: learn=no\n"),
    }
    for where, found in heard.items():
        rows = [row for row in found.rows if row.standard == "toy"]
        assert [(row.said, row.places[0].statement.where) for row in rows] == [
            (Said(train="no"), where)
        ]
        assert found.heard[0].resolved("train").answer == "no"
    silent = audited()
    assert [row.places for row in silent.rows if row.standard == "toy"] == [()]


@pytest.mark.usefixtures("toy")
def test_an_audit_finds_what_is_wrong_with_it() -> None:
    clash = audited(
        page=answer("/", "", HTML, ("Toy-Use", "learn=yes"), ("Content-Usage", "train-ai=n"))
    )
    assert [f.what.partition(".")[0] for f in clash.contradictions] == [
        "Toy-Use says yes to training, Content-Usage says no"
    ]
    assert "If you mean no: learn=no in headers of /." in clash.contradictions[0].fix
    assert "Toy-Use: learn=yes" in clash.contradictions[0].places[0]
    found = audited(files={"/toy.txt": "a page"}, robots="User-agent: *\nToy-Use: perhaps\n")
    assert "/toy.txt is no toy." in told(found, "missing")
    assert any(f.fix == "Write it like this: Toy-Use: learn=no." for f in found.findings)


def test_its_own_function_keeps_the_stricter() -> None:
    yes = ((b"toy-use", b"learn=yes"), (b"Server", b"x"))
    assert stricter(yes, OURS) == yes + OURS
    with registry.extended(TOY):
        assert stricter(yes[1:], OURS) == (*yes[1:], *OURS)
        assert stricter(yes, OURS) == (*yes[1:], *OURS)
        no = ((b"toy-use", b"learn=no"), (b"Server", b"x"))
        assert stricter(no, OURS) == no


@pytest.mark.usefixtures("toy")
def test_the_guard_sends_it_and_counts_it(opened: OpenGuard) -> None:
    fixture = opened()
    assert carried(OURS) == {"toy"}
    before = fixture.value("signals_total", resource="page", standard="toy")
    found = fixture.enter(flow("/", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"))
    response = answered(found)
    fixture.guard.responseheaders(found)
    assert response.headers["Toy-Use"] == "learn=no"
    after = fixture.value("signals_total", resource="page", standard="toy")
    assert after == before + 1
    assert classify("/toy.txt").kind == "signal"
    found = fixture.enter(flow("/toy.txt", "GPTBot/1.0"))
    response = answered(found, status=404)
    fixture.guard.responseheaders(found)
    assert response.status_code == 200
    assert callable(response.stream)
    assert response.stream(b"") == [b"learn=no"]


@pytest.mark.usefixtures("toy")
def test_the_command_line_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "stance.yaml").write_text("publish: {toy: yes}")
    site = tmp_path / "site"
    site.mkdir()
    assert main(["publish", str(site), "--rules", str(tmp_path / "rules")]) == 0
    assert (site / "toy.txt").read_bytes() == b"learn=no"
    assert "to play with" in capsys.readouterr().out


def test_it_is_in_the_list_of_standards() -> None:
    row = "| Toy-Use | a standard for this test | `toy` |"
    assert row not in markdown()
    with registry.extended(TOY):
        assert row in markdown()


# -- the registry ----------------------------------------------------------------------------------


def test_nothing_of_the_toy_is_left() -> None:
    with registry.extended(TOY):
        assert "toy" in registry.current().names
    assert "toy" not in registry.current().names
    assert stances.model() is Stance


def test_every_module_of_a_standard_is_registered() -> None:
    modules = {path.stem for path in Path(standards.__path__[0]).glob("*.py")} - {"__init__"}
    defined = {import_module(f"{standards.__name__}.{name}").STANDARD for name in modules}
    assert defined == set(registry.current().standards)


def test_a_published_header_brings_its_own_merging() -> None:
    """Without one a site's laxer word would stay beside ours."""
    assert TOY.header
    with pytest.raises(ValueError, match="belong together"):
        replace(TOY.header, stricter=None)
    with pytest.raises(ValueError, match="belong together"):
        replace(TOY.header, write=None)


def test_the_list_in_the_documentation_is_the_registry() -> None:
    assert PAGE.read_text("utf-8") == markdown(), "run python -m tools.list_standards"


def test_the_metrics_name_standards_that_there_are() -> None:
    row = next(line for line in metrics_table().splitlines() if line.startswith("| `standard` |"))
    named = set(re.findall("`([^`]+)`", row)) - {"standard"}
    assert named
    assert named <= set(registry.current().names)


@pytest.mark.parametrize(
    ("twin", "what"),
    [
        (TOY, "name"),
        (replace(TOY, name="another"), "switch"),
        (replace(TOY, name="another", switch=None), "record"),
        (replace(TOY, name="another", switch=None, record=None), "file"),
    ],
)
def test_two_of_one_name_are_refused(twin: Standard, what: str) -> None:
    with pytest.raises(ValueError, match=f"the same {what}"):
        Registry((*registry.current().standards, TOY, twin))


def test_a_standard_that_says_nothing_of_its_own_refuses_in_plain_words() -> None:
    plain = Standard("plain", "Plain", "nothing special")
    assert plain.refusal("train") == "no to train"
    assert list(plain.limits(Statement("plain", "header", Said("no"), ""))) == []
    assert plain.unlinked(Message(Said("no"))) == ""
    message = Message(Said("no"))
    assert plain.linked(message) is message
    assert (plain.places, plain.published_in) == ((), ())
