"""The one file an artist edits."""

from __future__ import annotations

import pytest

from making import document
from stagedoor.config.stance import Stance
from stancetexts import SHIPPED, stance


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


def test_a_port_may_stand_there_as_a_plain_number() -> None:
    assert stance("site: {listen: 8080}").site.listen == "8080"


def test_without_a_name_there_are_no_recordings_and_the_unknown_are_noted() -> None:
    found = stance("{}").others
    assert (found.anonymous, found.unknown) == ("no", "log")


@pytest.mark.parametrize(
    ("text", "listen"), [("''", ""), ("8080", "8080"), ("127.0.0.1:8080", "127.0.0.1:8080")]
)
def test_where_the_guard_listens(text: str, listen: str) -> None:
    assert stance(f"site: {{listen: {text}}}").site.listen == listen


def test_an_address_of_the_site_is_printed_as_it_is() -> None:
    assert stance("publish: {address: 'https://ana.example/'}").publish.address == "https://ana.example"  # fmt: skip
    assert stance("publish: {address: ''}").publish.address == ""
