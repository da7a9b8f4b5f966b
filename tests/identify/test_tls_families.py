"""rules/fingerprints.yaml → families."""

from __future__ import annotations

import pytest

from making import document
from stagedoor.identify.tls_families import Families, read_families
from stagedoor.model.errors import Problem

CHROMIUM = "t13d1517h2_8daaf6152771_cb7bf5808d99"
CURL = "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"
FILE = f"""
    families:
      - name: chromium
        engine: chromium
        seen:
          - {{client: Chromium, version: 156.0.1, ja4: {CHROMIUM}, date: 2026-11-23}}
      - name: openssl
        seen:
          - {{client: curl, version: 7.88, ja4: {CURL}, date: 2026-11-23}}
    impersonators:
      - {{client: primp, version: 2.0.1, ja4: {CHROMIUM}, date: 2026-11-23}}
    """


def read(text: str) -> tuple[Families, list[str]]:
    problems: list[Problem] = []
    found = read_families(document(text, "fingerprints.yaml"), problems)
    return found, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("fingerprint", "name"),
    [
        (CHROMIUM, "chromium"),
        ("t12i9900h1_8daaf6152771_000000000000", "chromium"),  # the middle decides
        (CURL, "openssl"),
        ("t13d1517h2_000000000000_cb7bf5808d99", None),
        ("q13d1517h2_8daaf6152771_cb7bf5808d99", None),  # over QUIC all are alike
        ("", None),
        ("nonsense", None),
    ],
)
def test_a_family_is_known_by_the_middle(fingerprint: str, name: str | None) -> None:
    families, problems = read(FILE)
    assert problems == []
    found = families.of(fingerprint)
    assert (found.name if found else None) == name


def test_an_impersonator_is_no_family() -> None:
    families, _ = read(FILE)
    assert {family.name for family in families.by_middle.values()} == {"chromium", "openssl"}
    assert [family.engine for family in families.by_middle.values()] == ["chromium", ""]


@pytest.mark.parametrize("text", ["", "families: []"])
def test_nothing_measured_means_nothing_known(text: str) -> None:
    families, problems = read(text)
    assert problems == []
    assert families.of(CHROMIUM) is None


def test_without_a_file_nothing_is_known() -> None:
    problems: list[Problem] = []
    assert read_families(None, problems).of(CHROMIUM) is None
    assert problems == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (CURL, "t13d3112h2", 'fingerprints.yaml:9:44: "t13d3112h2" is not a JA4 — they look like'),
        (
            f"seen:\n          - {{client: curl, version: 7.88, ja4: {CURL}, date: 2026-11-23}}",
            "seen: []",
            "has no handshake",
        ),
        (
            CURL,
            CHROMIUM,
            'fingerprints.yaml:7:11: the middle part 8daaf6152771 of "openssl" already means '
            '"chromium" — put both programs into one family',
        ),
        ("engine: chromium", "engine: safari", "is not one of"),
        ("engine:", "motor:", 'unknown field "motor"'),
        ("client: curl, ", "", '"client" is missing'),
        ("date: 2026-11-23", "date: soon", "must be a date such as"),
    ],
)
def test_mistakes_are_reported_with_their_place(before: str, after: str, told: str) -> None:
    assert before in FILE
    families, problems = read(FILE.replace(before, after))
    assert told in "\n".join(problems)
    assert problems[0].startswith("fingerprints.yaml:")
    assert families.of(CURL) is None


def test_all_mistakes_are_told_at_once() -> None:
    _, problems = read(FILE.replace(CURL, "x").replace("engine:", "motor:"))
    assert len(problems) == 2
