"""The one file an artist edits."""

from __future__ import annotations

import pytest

from making import ROOT, document
from stagedoor.config.stance import Stance, advice, checked_upstream, read_stance, split_listen
from stagedoor.config.yamltext import Source, parse
from stagedoor.model.errors import Problem

SHIPPED = ROOT / "rules" / "stance.yaml"


def stance(text: str) -> Stance:
    """A right one."""
    problems: list[Problem] = []
    found = read_stance(document(text), problems)
    assert not problems, problems
    return found


def mistakes(text: str) -> list[str]:
    """What is wrong with a stance; the default one stands in for it."""
    problems: list[Problem] = []
    found = read_stance(document(text), problems)
    if problems:
        assert found == Stance()
    return list(map(str, sorted(problems)))


def test_the_shipped_stance_says_what_the_program_assumes_without_one() -> None:
    assert stance(SHIPPED.read_text("utf-8")) == Stance()


def test_the_shipped_stance_shows_every_choice_an_artist_has() -> None:
    found = document(SHIPPED.read_text("utf-8")).value
    assert isinstance(found, dict)
    wanted = Stance().model_dump()
    # Where the site is differs everywhere: it stands there as a remark. Few have several.
    assert set(found) == set(wanted) - {"site", "sites"}
    for group in set(found) - {"announcement", "canaries", "mode", "traps"}:
        part = found[group]
        assert isinstance(part, dict)
        assert list(part) == list(wanted[group])
    remarks = SHIPPED.read_text("utf-8")
    assert all(f"#   {name}:" in remarks for name in set(wanted["site"]) - {"hosts", "default"})


def test_the_remarks_about_the_site_are_right_once_the_sign_is_taken_away() -> None:
    text = SHIPPED.read_text("utf-8")
    before, sign, after = text.partition("# site:")
    assert sign
    site = "\n".join(line.removeprefix("# ") for line in (sign + after).splitlines())
    found = stance(before + site + "\n").site
    assert found.upstream == "http://localhost:8000"
    assert found.listen == "0.0.0.0:8080"


def test_yes_and_no_survive() -> None:
    found = stance("ai: {train: no, search: yes}\nothers: {seo: log}")
    assert (found.ai.train, found.ai.search, found.others.seo) == ("no", "yes", "log")


def test_true_and_false_allow_and_block_are_understood_too() -> None:
    found = stance("ai: {train: false, search: true}\nothers: {seo: block, libraries: allow}")
    assert (found.ai.train, found.ai.search) == ("no", "yes")
    assert (found.others.seo, found.others.libraries) == ("no", "yes")


def test_what_is_not_said_is_as_shipped() -> None:
    assert stance("artist: {name: The Understudies}") == Stance.model_validate(
        {"artist": {"name": "The Understudies"}}
    )


def test_rules_may_ask_for_every_word_about_ai_and_others() -> None:
    words = stance("ai: {train: yes}").words()
    assert words["stance.ai.train"] == "yes"
    assert words["stance.others.libraries"] == "no"
    assert words["stance.passes.needed"] == "no"
    assert stance("passes: {paths: [/music/**]}").words()["stance.passes.needed"] == "yes"
    assert len(words) == 1 + len(Stance().ai.model_dump()) + len(Stance().others.model_dump())
    assert set(words.values()) <= {"yes", "log", "no"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ai: {trian: no}", 'stance.yaml:1:6: unknown field "trian" — did you mean "train"?'),
        ("modus: observe", 'stance.yaml:1:1: unknown field "modus" — did you mean "mode"?'),
        ("ai:\n  train: maybe", 'stance.yaml:2:10: train "maybe" is not one of: yes, no'),
        ("ai:\n  train: No", 'stance.yaml:2:10: train "No" is not one of: yes, no — did you mean "no"?'),
        ("others:\n  seo: logs", 'stance.yaml:2:8: seo "logs" is not one of: yes, log, no — did you mean "log"?'),
        ("mode: enforced", 'stance.yaml:1:7: mode "enforced" is not one of: enforce, observe — did you mean "enforce"?'),
        ("on_error: {audio: close}", 'stance.yaml:1:19: audio "close" is not one of: open, closed — did you mean "closed"?'),
        ("artist:\n  contact: me@example.org", 'stance.yaml:2:12: "me@example.org" is not a link — write mailto:me@example.org'),
        ("artist: {contact: call me}", 'stance.yaml:1:19: "call me" is not a link — begin with mailto: or https://'),
        ("artist: {contact: 'javascript:alert(1)'}", 'stance.yaml:1:19: "javascript:alert(1)" is not a link — begin with mailto: or https://'),
        ("audio: {paths: /music/**}", 'stance.yaml:1:16: paths must be a list, not "/music/**"'),
        ("audio: {paths: [/a, music/**]}", 'stance.yaml:1:21: the path "music/**" does not begin with / — write "/music/**"'),
        ("site: {upstream: 'localhost:8000'}", 'stance.yaml:1:18: "localhost:8000" is not the address of a site — write http://localhost:8000'),
        ("site: {upstream: 'http://a.example/music'}", 'stance.yaml:1:18: "http://a.example/music" names a page — write only the site, http://a.example'),
        ("site: {listen: here}", 'stance.yaml:1:16: "here" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("site: {listen: 70000}", 'stance.yaml:1:16: "70000" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("site: {listen: -1}", 'stance.yaml:1:16: "-1" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("ai: no", 'stance.yaml:1:5: ai must be fields, each on a line of its own, not "no"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(text: str, line: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, found
    assert found[0] == line or found[0].startswith(line + " — ")


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes("artist: {contact: x}\nai: {train: perhaps, imput: no}\nmode: on\n")
    assert len(found) == 4


@pytest.mark.parametrize("value", ["[no]", "{a: b}", "[]"])
def test_a_list_or_fields_where_a_word_belongs_are_a_mistake(value: str) -> None:
    (line,) = mistakes(f"ai: {{train: {value}}}")
    assert line.startswith("stance.yaml:1:13: train has ")


@pytest.mark.parametrize("value", ["1", "0", "1.0"])
def test_a_number_is_neither_yes_nor_no(value: str) -> None:
    # TDMRep writes 1 for "reserved", which is a no: guessing would be wrong for somebody.
    assert len(mistakes(f"ai: {{train: {value}}}")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "upstream: http://localhost:99999",
        "upstream: http://localhost:port",
        "upstream: 'http://[::1'",
    ],
)
def test_an_address_nobody_can_reach_is_told_where_it_stands_with_a_fix(name: str) -> None:
    (line,) = mistakes(f"site: {{{name}}}")
    assert line.startswith("stance.yaml:1:18: ")
    assert " — " in line


def test_a_trusted_proxy_that_is_no_address_is_told_where_it_stands() -> None:
    (line,) = mistakes("site:\n  trusted_proxies: [127.0.0.1, my-proxy]")
    assert line.startswith("stance.yaml:2:")


def test_an_artist_without_a_contact_is_told_of_it() -> None:
    (note,) = advice(Stance(), document("artist:\n  contact: ''"))
    assert str(note).startswith("stance.yaml:2:12: artist.contact is empty")
    assert "mailto:" in note.fix


def test_a_folder_that_means_only_its_own_page_is_pointed_out() -> None:
    text = "artist: {contact: 'mailto:a@example.org'}\naudio:\n  paths: [/live/**, /music/]\n"
    assert list(map(str, advice(stance(text), document(text)))) == [
        'stance.yaml:3:21: "/music/" is the folder\'s own page alone, not what lies in it — '
        'write "/music/**"'
    ]


def test_an_empty_word_is_called_empty() -> None:
    (problem,) = mistakes("ai:\n  search:\n")
    assert problem == "stance.yaml:2:10: search is empty — write one of: yes, no"


def test_an_artist_with_a_contact_gets_no_advice() -> None:
    text = "artist: {contact: 'mailto:me@example.org'}"
    assert advice(stance(text), document(text)) == []


def test_advice_has_a_place_even_where_the_file_says_nothing() -> None:
    problems: list[Problem] = []
    empty = parse(Source("stance.yaml", b""), problems)
    assert empty is not None
    (note,) = advice(Stance(), empty)
    assert str(note).startswith("stance.yaml: ")


@pytest.mark.parametrize(
    ("value", "site"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://music.example", "https://music.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_upstream_is_a_site(value: str, site: str) -> None:
    assert checked_upstream(value) == site


@pytest.mark.parametrize(
    "value",
    [
        "",
        "localhost",
        "ftp://a.example",
        "http://",
        "//a.example",
        "http://a.example/?x",
        "http://a.example/x",
    ],
)
def test_anything_else_is_no_upstream(value: str) -> None:
    with pytest.raises(ValueError, match=" — write "):
        checked_upstream(value)


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("0.0.0.0:8080", "0.0.0.0", 8080),
        ("8080", "", 8080),
        (":8080", "", 8080),
        ("[::1]:8080", "::1", 8080),
        ("localhost:0", "localhost", 0),
    ],
)
def test_a_listening_address_is_a_host_and_a_port(value: str, host: str, port: int) -> None:
    assert split_listen(value) == (host, port)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "localhost",
        "localhost:",
        "a:b",
        "1:65536",
        "1:-1",
        "1:²",
        "1:٣",
        "http://localhost:8080/",
    ],
)
def test_anything_else_is_no_listening_address(value: str) -> None:
    with pytest.raises(ValueError, match=" — write "):
        split_listen(value)


def test_a_port_may_stand_there_as_a_plain_number() -> None:
    assert stance("site: {listen: 8080}").site.listen == "8080"


@pytest.mark.parametrize("word", ["yes", "log", "no", "block"])
def test_the_former_word_for_the_nameless_is_read_as_both(word: str) -> None:
    found = stance(f"others: {{nameless: {word}}}").others
    wanted = {"block": "no"}.get(word, word)
    assert (found.anonymous, found.unknown) == (wanted, wanted)


def test_beside_the_former_word_the_new_ones_count() -> None:
    found = stance("others: {nameless: no, unknown: yes}").others
    assert (found.anonymous, found.unknown) == ("no", "yes")
    found = stance("others: {unknown: yes, anonymous: log, nameless: no}").others
    assert (found.anonymous, found.unknown) == ("log", "yes")


def test_without_a_name_there_are_no_recordings_and_the_unknown_are_noted() -> None:
    found = stance("{}").others
    assert (found.anonymous, found.unknown) == ("no", "log")


def test_the_former_word_is_answered_with_the_new_ones_and_where_to_write_them() -> None:
    text = "artist:\n  contact: mailto:a@b.example\nothers:\n  seo: no\n  nameless: log\n"
    (line,) = map(str, advice(stance(text), document(text)))
    assert ":5:3: others.nameless is now two words" in line
    assert line.endswith('write "anonymous: log" and "unknown: log" in its place')


def test_a_mistake_in_the_former_word_is_reported_once_and_in_its_place() -> None:
    (line,) = mistakes("others:\n  nameless: perhaps\n")
    assert ":2:13: " in line
    assert '"perhaps" is not one of: yes, log, no' in line
    assert mistakes("others: nameless") != []
    assert mistakes("others:\n  nameless: {a: b}\n") != []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("audio: {paths: [music/**]}", 'stance.yaml:1:17: the path "music/**" does not begin with / — write "/music/**"'),
        (f"audio: {{paths: [/{'a' * 2000}]}}", "stance.yaml:1:17: the path has 2,001 characters; at most 2,000 are taken — shorten it: * stands for any text"),
        ("listening: {whole_files: 0}", 'stance.yaml:1:26: "0" refuses everybody — write a number of one or more'),
        ("publish: {address: 'https://ana:secret@ana.example'}", "stance.yaml:1:20: the address carries a name or password — leave out what is before @"),
        ("publish: {address: 'https://b\u00fccher.example'}", 'stance.yaml:1:20: "https://b\u00fccher.example" is not an address that every machine reads'),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_reported_with_a_fix(text: str, line: str) -> None:
    (found,) = mistakes(text)
    assert found == line or found.startswith(line + " — ")


@pytest.mark.parametrize(
    ("text", "listen"), [("''", ""), ("8080", "8080"), ("127.0.0.1:8080", "127.0.0.1:8080")]
)
def test_where_the_guard_listens(text: str, listen: str) -> None:
    assert stance(f"site: {{listen: {text}}}").site.listen == listen


def test_an_address_of_the_site_is_printed_as_it_is() -> None:
    assert stance("publish: {address: 'https://ana.example/'}").publish.address == "https://ana.example"  # fmt: skip
    assert stance("publish: {address: ''}").publish.address == ""
