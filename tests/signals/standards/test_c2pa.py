"""The report on content credentials: labels old and new, and what does not hold."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.meaning import Said
from stagedoor.signals.standards import c2pa


def report(entries: object, label: str = "cawg.training-mining", state: object = "Valid") -> bytes:
    return orjson.dumps(
        {
            "active_manifest": "urn:c2pa:1",
            "validation_state": state,
            "manifests": {
                "urn:c2pa:0": {"assertions": [assertion({"cawg.ai_inference": "notAllowed"})]},
                "urn:c2pa:1": {
                    "assertions": [{"label": "c2pa.actions"}, assertion(entries, label)]
                },
            },
        }
    )


def assertion(entries: object, label: str = "cawg.training-mining") -> object:
    if isinstance(entries, dict):
        entries = {key: {"use": use} for key, use in entries.items()}
    return {"label": label, "data": {"entries": entries}}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"cawg.ai_training": "notAllowed"}, Said(train="no")),
        ({"cawg.ai_generative_training": "notAllowed", "cawg.ai_training": "allowed"}, Said(train="no")),
        ({"cawg.ai_training": "allowed", "cawg.ai_generative_training": "notAllowed"}, Said(train="no")),
        ({"cawg.data_mining": "notAllowed"}, Said(train="no")),
        ({"cawg.data_mining": "allowed", "cawg.ai_inference": "notAllowed"}, Said("yes", "no")),
        ({"cawg.ai_inference": "constrained"}, Said(input="no")),
        ({"c2pa.ai_training": "notAllowed", "c2pa.ai_inference": "allowed"}, Said("no", "yes")),
        ({"cawg.ai_training": "perhaps", "x.ai_training": "allowed", "cawg.other": "allowed"}, None),
        ({"cawg.ai_training": ["notAllowed"]}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_entries(entries: object, said: Said | None) -> None:
    found = c2pa.read(report(entries))
    assert (found.said if found else None) == said


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("cawg.training-mining", True),
        ("cawg.training-mining__2", True),
        ("c2pa.training-mining", True),
        ("c2pa.training-mining.v2", True),
        ("com.example.training-mining", False),
        ("cawg.training-mining-not", False),
    ],
)
def test_labels(label: str, read: bool) -> None:
    assert (c2pa.read(report({"cawg.ai_training": "allowed"}, label)) is not None) is read


def test_only_credentials_that_fit_the_file_count() -> None:
    for state, said in (
        ("Trusted", Said("no")),
        ("Valid", Said("no")),
        ("Invalid", Said()),
        (None, Said()),
        ([], Said()),
    ):
        found = c2pa.read(report({"cawg.ai_training": "notAllowed"}, state=state))
        assert found
        assert (found.standard, found.where, found.said) == ("c2pa", "file", said)
        assert found.text == f"cawg.ai_training: notAllowed\n({state})"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["urn:c2pa:1", "allowed"]),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["active_manifest", "manifests", "urn:c2pa:1", "assertions", "label", "data",
                 "entries", "cawg.ai_training", "use", "validation_state"]
            ), inner, max_size=4),
    )
)  # fmt: skip
def test_no_report_does_harm(found: object) -> None:
    c2pa.read(orjson.dumps(found))


@given(st.binary() | st.text())
def test_no_text_does_harm(text: bytes | str) -> None:
    c2pa.read(text)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        # Both kinds alike, or nothing about training: nothing is lost.
        ({"cawg.ai_training": "notAllowed", "cawg.ai_generative_training": "notAllowed"}, ()),
        ({"cawg.ai_training": "allowed", "cawg.ai_generative_training": "allowed"}, ()),
        ({"cawg.ai_inference": "notAllowed"}, ()),
        (
            {"cawg.ai_training": "allowed", "cawg.ai_generative_training": "notAllowed"},
            ("training of generative models: notAllowed", "training: allowed"),
        ),
        (
            {"cawg.ai_generative_training": "notAllowed"},
            ("training of generative models: notAllowed", "training: not said"),
        ),
    ],
)
def test_an_audit_shows_two_kinds_of_training_apart(
    entries: dict[str, str], told: tuple[str, ...]
) -> None:
    statement = c2pa.read(report(entries))
    assert statement is not None
    said = "".join(c2pa.STANDARD.limits(statement))
    assert bool(said) is bool(told)
    assert all(part in said for part in told)


def test_credentials_that_do_not_fit_the_file_have_no_limits() -> None:
    statement = c2pa.read(report({"cawg.ai_training": "allowed"}, state="Invalid"))
    assert statement is not None
    assert list(c2pa.limits(statement)) == []


@pytest.mark.parametrize("text", [b"", b"no JSON", b"[]", b"{}", b'{"active_manifest": 1}'])
def test_what_is_no_report_says_nothing(text: bytes) -> None:
    assert c2pa.read(text) is None
