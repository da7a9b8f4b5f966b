"""TDM Reservation Protocol: file, headers, HTML, and the policy that others must be able to read."""

from __future__ import annotations

import json
from typing import Any

import http_sf
import pytest
from datadiligence.rules.http import TDMRepHeader
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from stagedoor.signals.html import head
from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.standard import Fields, Merge, Message
from stagedoor.signals.standards import tdmrep

POLICY = "https://ana.example/policy.json"
answers = st.sampled_from(["yes", "no"])


def said(statement: Statement | None) -> Answer | None:
    return statement.said.train if statement else None


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/music/a.mp3", "no"),
        ("/music/free/b.mp3", "yes"),
        ("/Music/a.mp3", None),
        ("/directory/html/page.pdf", None),
        ("/images/a.jpg", "no"),
        ("/images/a.jpg.html", None),
        ("/odd", None),
        ("/free/", "yes"),
    ],
)
def test_the_first_location_that_matches_decides(path: str, answer: Answer | None) -> None:
    # The forms of location are those of the report's section on the file.
    file = b"""[
      {"location": "/odd", "tdm-reservation": 2},
      {"location": "/odd", "tdm-reservation": 1},
      {"location": "/music/free", "tdm-reservation": 0},
      {"location": "/music", "tdm-reservation": 1, "tdm-policy": "https://provider.com/policies/1"},
      {"location": "/images/*.jpg$", "tdm-reservation": 1},
      {"location": "/free/", "tdm-reservation": 0}
    ]"""
    assert said(tdmrep.read(file, path)) == answer


def test_a_statement_quotes_what_decided() -> None:
    file = json.dumps([{"location": "/", "x": [1], "tdm-policy": POLICY, "tdm-reservation": 1}])
    assert tdmrep.read(file.encode(), "/a.mp3") == Statement(
        "tdmrep",
        "/.well-known/tdmrep.json",
        Said(train="no"),
        f'{{"location":"/","tdm-reservation":1,"tdm-policy":"{POLICY}"}}',
    )


@pytest.mark.parametrize("flag", ["true", '"1"', "2", "-1", "null", "[1]", "1e400", "{}", "0.5"])
def test_anything_but_the_numbers_0_and_1_says_nothing(flag: str) -> None:
    file = f'[{{"location": "/", "tdm-reservation": {flag}}}]'.encode()
    assert tdmrep.read(file, "/") is None


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"1",
        b"null",
        b'{"location": "/", "tdm-reservation": 1}',
        b'[1, null, [], {}, {"location": 3, "tdm-reservation": 1}]',
        b'[{"location": "/", "tdm-reservation": 1}',
        b"[" * 100_000,
        b'[{"location": "/", "tdm-reservation": 1}]' + b" " * tdmrep.FILE_LIMIT,
        b"\xff\xfe",
    ],
)
def test_a_file_that_is_none_says_nothing(file: bytes) -> None:
    assert tdmrep.read(file, "/") is None


def test_spellings_of_a_path_are_one() -> None:
    file = json.dumps([{"location": "/m%C3%BCsik/%62", "tdm-reservation": 1.0}]).encode()
    assert said(tdmrep.read(b"\xef\xbb\xbf" + file, "/müsik/b.mp3")) == "no"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ([("tdm-reservation", "1"), ("tdm-policy", POLICY)], "no"),
        ([("TDM-Reservation", " 0 ")], "yes"),
        ([("tdm-reservation", "2")], None),
        ([("tdm-reservation", "1, 0")], None),
        ([("tdm-reservation", "0"), ("tdm-reservation", "1")], "no"),
        ([("tdm-policy", POLICY)], None),
        ([], None),
    ],
)
def test_headers(fields: list[tuple[str, str]], answer: Answer | None) -> None:
    assert said(tdmrep.read_headers(fields)) == answer
    assert said(tdmrep.read_meta(fields)) == answer


def test_html_is_stronger_than_a_header_and_a_header_than_the_file() -> None:
    file = tdmrep.read(tdmrep.write("no"), "/a.mp3")
    header = tdmrep.read_headers([("tdm-reservation", "0")])
    page = tdmrep.read_meta([("tdm-reservation", "1")])
    assert file
    assert header
    assert page
    assert said(tdmrep.settle([file, header, page])) == "no"
    assert said(tdmrep.settle([file, header])) == "yes"
    assert tdmrep.settle([file]) is file
    assert tdmrep.settle([]) is None


FILE_POLICY = "https://ana.example/file.json"


@pytest.mark.parametrize(
    ("header", "train", "policy"),
    [
        # What is absent resets nothing …
        ([("tdm-reservation", "1")], "no", FILE_POLICY),
        ([("tdm-policy", POLICY)], "no", POLICY),
        ([("tdm-reservation", "2"), ("tdm-policy", POLICY)], "no", POLICY),
        ([("tdm-reservation", "1"), ("tdm-policy", POLICY)], "no", POLICY),
        # … and a policy without a reservation is to be ignored.
        ([("tdm-reservation", "0")], "yes", ""),
    ],
)
def test_the_properties_are_merged_one_by_one(
    header: list[tuple[str, str]], train: Answer, policy: str
) -> None:
    file = tdmrep.read(tdmrep.write("no", policy=FILE_POLICY), "/a.mp3")
    near = tdmrep.read_headers(header)
    assert file
    assert near
    settled = tdmrep.settle([file, near])
    assert settled
    assert settled.said.train == train
    assert tdmrep.policy_of(settled).partition(" ")[0] == policy


def test_a_policy_in_a_page_goes_with_the_reservation_of_the_file() -> None:
    file = tdmrep.read(tdmrep.write("no", policy=FILE_POLICY), "/")
    page = tdmrep.read_meta([("tdm-policy", POLICY)])
    assert file
    assert page
    settled = tdmrep.settle([file, page])
    assert settled
    assert (settled.where, settled.said) == ("/.well-known/tdmrep.json", Said(train="no"))
    assert settled.text.endswith(f"{POLICY} (in html)")
    assert tdmrep.settle([page]) is None


@given(answers, st.sampled_from(["", POLICY]), st.text("/abü%", max_size=9))
def test_what_is_written_is_read_back(train: Answer, policy: str, rest: str) -> None:
    path = f"/{rest}"
    assert said(tdmrep.read(tdmrep.write(train, policy=policy), path)) == train
    assert said(tdmrep.read(tdmrep.write(train, locations=[path]), path)) == train
    fields = tdmrep.write_headers(train, policy=policy)
    assert said(tdmrep.read_headers(fields)) == train
    page = tdmrep.write_meta(train, policy=policy).encode()
    assert said(tdmrep.read_meta(head.scan(page).metas)) == train


def test_others_read_the_header_too() -> None:
    [reserved, policy] = tdmrep.write_headers("no", policy=POLICY)
    assert policy == ("tdm-policy", POLICY)
    assert http_sf.parse(reserved[1].encode(), tltype="item") == (1, {})
    assert TDMRepHeader().is_allowed(headers=dict([reserved])) is False
    assert TDMRepHeader().is_allowed(headers=dict(tdmrep.write_headers("yes"))) is True


def test_a_policy_goes_with_a_reservation_only_and_must_be_a_whole_url() -> None:
    assert tdmrep.write_headers("yes", policy=POLICY) == (("tdm-reservation", "0"),)
    with pytest.raises(ValueError, match="absolute URL"):
        tdmrep.write("no", policy="/policy.json")
    with pytest.raises(ValueError, match="absolute URL"):
        tdmrep.write_headers("no", policy="https://x.example/\r\nSet-Cookie: a")


CONTEXTS: dict[str, object] = {
    # Of the ODRL 2.2 context, the terms that a profile of TDMRep uses.
    "http://www.w3.org/ns/odrl.jsonld": {
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "uid": "@id",
        "type": "@type",
        "Offer": "odrl:Offer",
        "profile": {"@type": "@id", "@id": "odrl:profile"},
        "target": {"@type": "@id", "@id": "odrl:target"},
        "assigner": {"@type": "@id", "@id": "odrl:assigner"},
        "action": {"@type": "@vocab", "@id": "odrl:action"},
        "permission": {"@type": "@id", "@id": "odrl:permission"},
        "duty": {"@type": "@id", "@id": "odrl:duty"},
        "obtainConsent": "odrl:obtainConsent",
        "compensate": "odrl:compensate",
    },
    "http://www.w3.org/ns/tdmrep.jsonld": {
        "tdm": "http://www.w3.org/ns/tdmrep#",
        "mine": "tdm:mine",
        "research": "tdm:research",
        "non-research": "tdm:non-research",
    },
}


def from_memory(url: str, _options: object) -> dict[str, Any]:
    return {
        "contextUrl": None,
        "documentUrl": url,
        "contentType": "application/ld+json",
        "document": {"@context": CONTEXTS[url]},
    }


def test_a_json_ld_processor_finds_an_offer_in_the_policy() -> None:
    document = json.loads(
        tdmrep.write_policy(
            POLICY,
            site="https://ana.example/",
            name='Ana "Ä" Müller',
            email="ana+tdm@ana.example",
            page="https://ana.example/licence",
            target="https://ana.example/music/",
            duty="compensate",
        )
    )
    [offer] = jsonld.expand(document, {"documentLoader": from_memory})
    odrl, vcard = "http://www.w3.org/ns/odrl/2/", "http://www.w3.org/2006/vcard/ns#"
    assert offer == {
        "@id": POLICY,
        "@type": [f"{odrl}Offer"],
        f"{odrl}profile": [{"@id": "http://www.w3.org/ns/tdmrep"}],
        f"{odrl}assigner": [
            {
                "@id": "https://ana.example/",
                f"{vcard}fn": [{"@value": 'Ana "Ä" Müller'}],
                f"{vcard}hasEmail": [{"@value": "mailto:ana+tdm@ana.example"}],
                f"{vcard}hasURL": [{"@value": "https://ana.example/licence"}],
            }
        ],
        f"{odrl}permission": [
            {
                f"{odrl}target": [{"@id": "https://ana.example/music/"}],
                f"{odrl}action": [{"@id": "http://www.w3.org/ns/tdmrep#mine"}],
                f"{odrl}duty": [{f"{odrl}action": [{"@id": f"{odrl}compensate"}]}],
            }
        ],
    }


def test_a_policy_without_contacts_asks_for_consent() -> None:
    document = json.loads(tdmrep.write_policy(POLICY, site="https://ana.example/", name="Ana"))
    assert document["assigner"] == {"uid": "https://ana.example/", "vcard:fn": "Ana"}
    assert document["permission"] == [
        {
            "target": "https://ana.example/",
            "action": "tdm:mine",
            "duty": [{"action": "obtainConsent"}],
        }
    ]
    with pytest.raises(ValueError, match="absolute URL"):
        tdmrep.write_policy(POLICY, site="ana.example", name="Ana")


NO = (("tdm-reservation", "1"),)
NO_WITH_POLICY = (*NO, ("tdm-policy", POLICY))
YES = (("tdm-reservation", "0"),)
THEIRS = ("TDM-Policy", "https://label.example/policy.json")


@pytest.mark.parametrize(
    ("theirs", "ours", "merge"),
    [
        # The site's reservation stays, whatever ours says.
        ((("TDM-Reservation", " 1 "),), YES, Merge()),
        ((("TDM-Reservation", "1"), THEIRS), NO_WITH_POLICY, Merge()),
        # Ours takes the place of a "no", and of what is neither.
        ((("TDM-Reservation", "0"),), NO_WITH_POLICY, Merge(drop=True, add=NO_WITH_POLICY)),
        ((("TDM-Reservation", "maybe"),), NO, Merge(drop=True, add=NO)),
        ((("TDM-Reservation", "0"),), YES, Merge()),
        # A policy without a reservation gets one, and stays; where nothing is reserved it goes.
        ((THEIRS,), NO_WITH_POLICY, Merge(add=NO)),
        ((("TDM-Reservation", "x"), THEIRS), NO, Merge(drop=True, add=(*NO, THEIRS))),
        ((("TDM-Reservation", "0"), THEIRS), NO, Merge(drop=True, add=NO)),
    ],
)
def test_what_the_site_says_is_never_made_weaker(
    theirs: Fields, ours: Fields, merge: Merge
) -> None:
    header = tdmrep.STANDARD.header
    assert header is not None
    assert header.stricter is not None
    assert header.stricter(theirs, ours) == merge


def test_files_are_written_and_read_back() -> None:
    files = tdmrep.STANDARD.files
    assert files is not None
    assert files.read is not None
    plain = files.write(Message(Said(train="no")))
    assert set(plain) == {tdmrep.FILE}
    (statement,) = files.read(plain[tdmrep.FILE].text, tdmrep.FILE, "/a.mp3")
    assert statement.said.train == "no"
    assert files.read(b"[]", tdmrep.FILE, "/a.mp3") == ()
    message = Message(
        Said(train="no"), "Ana", "https://ana.example/contact", "https://ana.example", "", POLICY
    )
    both = files.write(message)
    assert set(both) == {tdmrep.FILE, tdmrep.POLICY_FILE}
    assert POLICY in both[tdmrep.FILE].text.decode()
    policy = json.loads(both[tdmrep.POLICY_FILE].text)
    assert policy["uid"] == POLICY
    assert "https://ana.example/contact" in json.dumps(policy)


def test_header_and_page_say_the_same() -> None:
    standard = tdmrep.STANDARD
    assert standard.header is not None
    assert standard.header.write is not None
    assert standard.page is not None
    message = Message(Said(train="no"), tdm_policy=POLICY)
    fields = standard.header.write(message)
    assert fields == (("tdm-reservation", "1"), ("tdm-policy", POLICY))
    assert [s.said.train for s in standard.header.read(fields)] == ["no"]
    assert standard.header.read(()) == ()
    written = head.scan(f"<head>{standard.page.write(message)}</head>".encode())
    assert [s.said.train for s in standard.page.read(written, POLICY)] == ["no"]
    assert standard.page.read(head.scan(b"<head></head>"), POLICY) == ()


@pytest.mark.parametrize(
    ("data", "wrong"),
    [(b"[]", False), (b"\xef\xbb\xbf[]", False), (b"{}", True), (b"[", True), (b"", True)],
)
def test_a_file_that_is_no_list_is_a_fault(data: bytes, wrong: bool) -> None:
    files = tdmrep.STANDARD.files
    assert files is not None
    assert files.fault is not None
    fault = files.fault(data, tdmrep.FILE)
    assert (fault is not None) is wrong
    assert fault is None or "tdm-reservation" in fault.fix
