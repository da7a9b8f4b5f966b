"""The words that travel between the rooms."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import asks
from stagedoor.model.facts import (
    GUARDED_KINDS,
    KINDS,
    MEDIA_CLIENTS,
    MODES,
    PROOFS,
    PURPOSES,
    Behaviour,
    Client,
    Request,
    Resource,
    Verdict,
    as_header,
    host_name,
    network,
)
from stagedoor.model.heard import NO_LISTENING, Heard


def test_no_word_is_listed_twice() -> None:
    for words in (PURPOSES, KINDS, PROOFS, MODES):
        assert len(set(words)) == len(words)


def test_media_clients_and_guarded_kinds_are_known_words() -> None:
    assert set(PURPOSES) >= MEDIA_CLIENTS
    assert set(KINDS) >= GUARDED_KINDS


def test_a_header_is_found_whatever_its_case() -> None:
    request = Request("GET", "h", "/", "/", "", headers=(("Sec-Fetch-DEST", "audio"),))
    assert request.header("sec-fetch-dest") == "audio"
    assert request.header("Sec-Fetch-Dest") == "audio"


def test_the_first_of_two_headers_counts() -> None:
    request = Request("GET", "h", "/", "/", "", headers=(("Accept", "a"), ("accept", "b")))
    assert request.header("accept") == "a"


def test_a_header_that_is_not_there_is_empty() -> None:
    assert asks().header("accept") == ""


def test_facts_never_change() -> None:
    request = asks()
    with pytest.raises(FrozenInstanceError):
        request.path = "/other"  # type: ignore[misc]


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_a_recording_can_be_taken_from_is_guarded(kind: str) -> None:
    assert Resource(kind, "/").guarded == (kind in {"audio", "playlist", "download"})  # type: ignore[arg-type]


def test_a_verdicts_label_is_its_action() -> None:
    assert Verdict("allow").label == "allow"
    assert Verdict("block").label == "block"


def test_the_label_in_observe_mode_tells_what_would_have_been() -> None:
    assert Verdict("log", would="block").label == "would-block"


def test_a_user_agent_from_a_file_is_turned_into_what_a_header_holds() -> None:
    assert as_header("Tést") == "T\xc3\xa9st"
    assert as_header("plain") == "plain"


@given(st.binary())
def test_bytes_from_a_terminal_arrive_as_they_are(raw: bytes) -> None:
    assert as_header(raw.decode("utf-8", "surrogateescape")).encode("latin-1") == raw


def test_what_is_made_faster_than_by_replace_is_the_same() -> None:
    """With every field set: one that is added later and forgotten there is found here."""
    client = Client(
        *("Bot", "Example", "search", "unverified", "https://a.example", "why", frozenset({"t"})),
        *(("seo",), "valid", "L1", "by a list"),
    )
    behaviour = Behaviour(1, 2, 3, 4.0, frozenset({"robots"}), 5, True, 6.0, 7, 8, NO_LISTENING)
    for whole in (client, behaviour):
        unset = type(whole)("", "", "seo") if isinstance(whole, Client) else Behaviour()
        left = {field.name for field in fields(whole)} - {"proof", "listening"}
        assert all(getattr(whole, name) != getattr(unset, name) for name in left)
    proven = client.proven("verified", "a list")
    assert proven == replace(client, proof="verified", why="a list")
    assert proven.known == client.known  # which == leaves out
    heard = NO_LISTENING._replace(household=Heard(ahead=60.0))
    assert behaviour.having_heard(heard) == replace(behaviour, listening=heard)


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        ("Example.org:8080", "example.org"),
        (" example.org ", "example.org"),
        ("[2001:db8::1]:443", "[2001:db8::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_the_name_of_a_host(authority: str, name: str) -> None:
    assert host_name(authority) == name


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:7:1::1", "2001:db8:7::/48"),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_an_address_is_cut_so_that_it_names_no_household(address: str, cut: str) -> None:
    assert network(address) == cut
