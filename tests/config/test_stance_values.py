"""The values of the stance's words: each is one of a few, or has its form."""

from __future__ import annotations

import pytest

from stancetexts import mistakes, stance


def test_true_and_false_allow_and_block_are_understood_too() -> None:
    found = stance("ai: {train: false, search: true}\nothers: {seo: block, libraries: allow}")
    assert (found.ai.train, found.ai.search) == ("no", "yes")
    assert (found.others.seo, found.others.libraries) == ("no", "yes")


@pytest.mark.parametrize("value", ["[no]", "{a: b}", "[]"])
def test_a_list_or_fields_where_a_word_belongs_are_a_mistake(value: str) -> None:
    (line,) = mistakes(f"ai: {{train: {value}}}")
    assert line.startswith("stance.yaml:1:13: train has ")


@pytest.mark.parametrize("value", ["1", "0", "1.0"])
def test_a_number_is_neither_yes_nor_no(value: str) -> None:
    # TDMRep writes 1 for "reserved", which is a no: guessing would be wrong for somebody.
    assert len(mistakes(f"ai: {{train: {value}}}")) == 1


def test_an_empty_word_is_called_empty() -> None:
    (problem,) = mistakes("ai:\n  search:\n")
    assert problem == "stance.yaml:2:10: search is empty — write one of: yes, no"


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
