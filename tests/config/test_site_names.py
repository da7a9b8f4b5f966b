"""Names of sites, and of the hosts that they answer to."""

from __future__ import annotations

import pytest

from stagedoor.config.site_names import host_name, is_site_name, site_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Music.Example.org", "music.example.org"),
        (" www.example.org. ", "www.example.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
    ],
)
def test_a_name_is_as_it_stands_in_requests(text: str, name: str) -> None:
    assert host_name(text) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://music.example.org", "is an address"),
        ("music.example.org:8080", "without a port"),
        ("b\u00fccher.example", "plain letters"),
        ("", "no name of a site"),
        ("a b", "no name of a site"),
        ("-a.example", "no name of a site"),
        ("*.example.org", "no name of a site"),
    ],
)
def test_what_is_no_name_is_reported_with_the_fix(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        host_name(text)
    assert "such as music.example.org" in str(error.value)


@pytest.mark.parametrize("name", ["anna", "a", "anna-2", "9lives", "a" * 40])
def test_a_site_may_be_called_so(name: str) -> None:
    assert is_site_name(name)


@pytest.mark.parametrize(
    "name", ["", "Anna", "anna_2", "-a", "a-", "..", "a/b", "a.b", "a" * 41, "\u00e4nna", "a\n"]
)
def test_it_names_folders_so_it_must_not_lead_elsewhere(name: str) -> None:
    assert not is_site_name(name)


def test_of_sites_in_a_stance_the_names_are_kept() -> None:
    assert site_names({"berta": {}, "anna": None}) == ("anna", "berta")
    assert site_names(None) == ()
    with pytest.raises(ValueError, match="must be fields"):
        site_names(["anna"])
    with pytest.raises(ValueError, match='"Anna" cannot be the name'):
        site_names({"Anna": {}})
