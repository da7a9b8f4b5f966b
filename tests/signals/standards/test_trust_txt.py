"""trust.txt: one line of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.standard import Message
from stagedoor.signals.standards import trust_txt


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        (b"member=https://a.example/\ndatatrainingallowed=no\n", "no"),
        (b"\xef\xbb\xbfDataTrainingAllowed = YES # so far\r\n", "yes"),
        (b"datatrainingallowed=yes\rdatatrainingallowed=no", "no"),
        (b"# datatrainingallowed=no", None),
        (b"datatrainingallowed=maybe", None),
        (b"datatrainingallowed=nobody", None),
        (b"xdatatrainingallowed=no", None),
        (b"", None),
    ],
)
def test_a_line_says_it(file: bytes, answer: Answer | None) -> None:
    found = trust_txt.read(file)
    assert (found.said.train if found else None) == answer


def test_a_statement_quotes_the_line_and_says_where_it_stood() -> None:
    found = trust_txt.read(b"a=b\n datatrainingallowed=No\n", trust_txt.FILES[1])
    assert found == Statement(
        "trust.txt", "/.well-known/trust.txt", Said(train="no"), "datatrainingallowed=No"
    )


@given(st.sampled_from(["yes", "no"]))
def test_what_is_written_is_read_back(train: Answer) -> None:
    found = trust_txt.read(b"contact=https://a.example/\n" + trust_txt.write(train).encode())
    assert found
    assert found.said == Said(train=train)


def test_the_file_is_written_and_read_back() -> None:
    files = trust_txt.STANDARD.files
    assert files is not None
    assert files.read is not None
    written = files.write(Message(Said(train="no")))
    assert {path: document.text for path, document in written.items()} == {
        "/trust.txt": b"datatrainingallowed=no\n"
    }
    (statement,) = files.read(written["/trust.txt"].text, "/trust.txt", "/a.mp3")
    assert (statement.said, statement.where) == (Said(train="no"), "/trust.txt")
    assert files.read(b"member=https://a.example/", "/trust.txt", "/a.mp3") == ()
