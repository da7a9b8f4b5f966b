"""The editors' schemas: as strict as they can be, and never stricter than what is shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from making import ROOT, document
from stagedoor.config import offers, stance
from stagedoor.config.schema import Model
from stagedoor.config.yamltext import Source, parse
from stagedoor.identify import catalogue, referrers, tls_families
from stagedoor.load import rule_folder
from stagedoor.model import actions, facts
from stagedoor.resources import site_profiles
from stagedoor.rules import captions, rule, written_action, written_case
from stagedoor.rules.fields import FIELDS
from stagedoor.rules.json_schema import HEADER_LINE, schema_for, schemas
from stagedoor.rules.value_schema import SHAPES, _Writer
from stagedoor.rules.vocabulary import Known

GOLDEN = ROOT / "tests" / "golden"
SCHEMAS = schemas(["GPTBot", "ExampleBot"], ["OpenAI"])
FORMS = rule.forms()
ROOTS: tuple[type[Model], ...] = (
    *(stance.Stance, catalogue.File, tls_families.File, site_profiles.ProfileFile),
    *(referrers.ReferrerFile, offers.OfferFile),
    FORMS.written,
)

UNSEEN: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "a-bracket-is-not-closed",
            "a-control-character",
            "a-line-out-of-line",
            "a-line-too-far-left",
            "a-name-that-begins-with-an-at-sign",
            "a-name-with-a-colon",
            "a-quote-is-not-closed",
            "a-tab-indents",
            "another-encoding",
        ),
        "it is no YAML: editors say so themselves",
    ),
    **dict.fromkeys(
        (
            "a-name-that-begins-with-a-star",
            "a-name-that-begins-with-an-exclamation-mark",
            "an-anchor-and-its-alias",
            "two-documents",
        ),
        "YAML has it, this program does not read it",
    ),
    "a-key-is-written-twice": "a schema sees values, and of two only one is left",
    "an-unknown-crawler-in-a-rule": "names are suggested: people may have crawlers of their own",
    "an-unknown-operator-in-a-rule": "operators are suggested, like names",
    **dict.fromkeys(
        (
            "two-crawlers-with-one-name",
            "two-crawlers-with-one-token",
            "two-rules-with-one-id",
        ),
        "it takes two places or files to see it",
    ),
}
"""Mistakes that `stagedoor check` finds and no schema can, with the reason."""


def validator(inside: str) -> Draft7Validator:
    """For the file at `inside`, by the way its first line would name."""
    return Draft7Validator(SCHEMAS[Path(schema_for(inside)).name], format_checker=FormatChecker())


def faults(inside: str, text: bytes) -> list[str]:
    """What an editor would underline; nothing where the file cannot be read as YAML at all."""
    found = parse(Source(inside, text), [])
    if found is None:
        return []
    return [error.message for error in validator(inside).iter_errors(found.value)]


def in_directory(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for source in rule_folder.read_directory(folder):
        yield source.inside, faults(source.inside, source.data)


def when(text: str) -> list[str]:
    """What an editor would underline in a rule with this condition."""
    return rule_faults(f"when: {{{text}}}\n  then: block")


def rule_faults(text: str) -> list[str]:
    """What an editor would underline in a rule with these lines."""
    return faults("10-a.yaml", f"- id: a\n  title: b\n  {text}\n".encode())


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_reference_leads_somewhere_and_each_part_is_used(name: str) -> None:
    schema = SCHEMAS[name]
    used = {ref.removeprefix("#/definitions/") for ref in _references(schema)}
    used.discard("#")  # the whole: a site's stance has the form of the one it stands in
    assert used == set(schema["definitions"])


def _references(part: Any) -> Iterator[str]:
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if key == "$ref":
            yield value
        elif isinstance(value, dict | list):
            yield from _references(value)


def test_what_is_shipped_is_right() -> None:
    found = dict(in_directory(rule_folder.SHIPPED_RULES))
    assert len(found) > 150
    assert {inside: wrong for inside, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("folder", sorted((GOLDEN / "good").iterdir()), ids=lambda path: path.name)
def test_what_loads_is_right(folder: Path) -> None:
    assert [wrong for _, wrong in in_directory(folder) if wrong] == []


@pytest.mark.parametrize("folder", sorted((GOLDEN / "bad").iterdir()), ids=lambda path: path.name)
def test_what_is_refused_is_seen_or_there_is_a_reason(folder: Path) -> None:
    seen = [wrong for _, wrong in in_directory(folder) if wrong]
    assert bool(seen) is (folder.name not in UNSEEN), UNSEEN.get(folder.name, "nothing was seen")


def test_every_reason_is_for_a_mistake() -> None:
    assert UNSEEN.keys() <= {path.name for path in (GOLDEN / "bad").iterdir()}


def test_every_shipped_file_tells_editors_of_its_schema() -> None:
    for source in rule_folder.read_directory(rule_folder.SHIPPED_RULES):
        first = source.data.decode().partition("\n")[0]
        assert first == HEADER_LINE + schema_for(source.inside), source.inside
        named = rule_folder.SHIPPED_RULES / source.inside
        assert (named.parent / first.removeprefix(HEADER_LINE)).is_file()


@pytest.mark.parametrize(
    "text",
    [
        "client.purpose: ai-training",
        "client.purpose: [ai-training, ai-input]",
        "client.name: GPTBot",
        "client.name: [GPTBot, My Own Bot]",
        "client.name: 1984",
        "client.traits: [no-fetch-metadata]",
        "stance.ai.train: no",
        "stance.ai.train: true",
        "stance.others.seo: [log, yes]",
        "request.path: ['/music/**', '*.mp3', {re: '^/a'}]",
        "request.path: {re: ['^/a', '^/b']}",
        "request.agent: '*Windows 98*'",
        "request.header.referer: {present: no}",
        "request.header.X-Any: [a, {re: b}]",
        "request.address: [192.0.2.0/24, '2001:db8::/32', 192.0.2.7]",
        "behaviour.requests_last_minute: {over: 40, at_most: 90}",
        "behaviour.audio_last_hour: {at_least: 2GB}",
        "behaviour.known_for: {under: 1h 30m}",
        "all: [{not: {any: [{resource: audio}]}}]",
        "",
    ],
)
def test_a_condition_that_is_read_is_right(text: str) -> None:
    assert when(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "client.purpos: ai-training",
        "client.purpose: training",
        "client.purpose: []",
        "client.purpose: ",
        "client.traits: odd",
        "stance.ai.train: log",
        "stance.ai.tarin: no",
        "stance.others.seo: block",
        "request.path: music",
        "request.path: {res: a}",
        "request.path: {present: no}",
        "request.agent: {present: maybe}",
        "request.agent: {present: no, re: a}",
        "request.header.: a",
        "request.address: here",
        "behaviour.requests_last_minute: 40",
        "behaviour.requests_last_minute: {over: 40, at_least: 3}",
        "behaviour.requests_last_minute: {above: 40}",
        "behaviour.requests_last_minute: {}",
        "behaviour.audio_last_hour: {over: 2}",
        "behaviour.known_for: {under: 3 weeks}",
        "any: []",
        "any: {resource: audio}",
        "not: [{resource: audio}]",
        "all: [{not: {any: [{resource: songs}]}}]",
    ],
)
def test_a_condition_that_is_not_is_seen_however_deep(text: str) -> None:
    assert when(text) != []


@pytest.mark.parametrize(
    "text",
    [
        *("allow", "log", "block", "{block: {}}", "{block: {status: 451}}", "{delay: 3s}"),
        *("{throttle: {requests: 30, per: 1m}}", "{throttle: {retry_after: 10m}}", "{log: {}}"),
    ],
)
def test_an_action_that_is_read_is_right(text: str) -> None:
    assert rule_faults(f"then: {text}") == []
    assert not mistaken(f"then: {text}")


@pytest.mark.parametrize(
    "text",
    [
        *("delay", "throttle", "refuse", "{}", "{block: {status: 200}}", "{delay: 3}", "[block]"),
        *("{throttle: {per: 1m}}", "{throttle: {requests: 0}}", "{block: {}, log: {}}"),
    ],
)
def test_an_action_that_is_not_is_seen(text: str) -> None:
    assert rule_faults(f"then: {text}") != []
    assert mistaken(f"then: {text}")


def mistaken(text: str) -> bool:
    """Whether the parser minds a rule with these lines: what a schema is held to."""
    problems: list[Any] = []
    known = Known({}, {}, frozenset(), frozenset())
    rule.read_rules(document(f"- id: a\n  title: b\n  {text}\n", "10-a.yaml"), known, problems)
    return bool(problems)


@pytest.mark.parametrize("word", ["yes", "no", "true", "false"])
def test_observing_is_said_in_words(word: str) -> None:
    assert rule_faults(f"observe: {word}\n  then: block") == []
    assert rule_faults("observe: perhaps\n  then: block") != []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *(("0.0.0.0:8080", True), ("8080", True), ("'[::1]:65535'", True), (":80", True)),
        *(("localhost", False), ("70000", False), ("0.0.0.0:65536", False), ("-1", False)),
    ],
)
def test_a_listening_address_has_a_port(text: str, right: bool) -> None:
    assert (faults("stance.yaml", f"site: {{listen: {text}}}".encode()) == []) is right


def test_every_field_has_a_caption_and_every_caption_a_field() -> None:
    found = {kind for root in ROOTS for kind in _models(root)} - {written_action.Plain}
    assert {k: set(captions.of(k)) for k in found} == {
        k: {field.alias or name for name, field in k.model_fields.items()} for k in found
    }
    of_forms = {rule.Written, written_case.Case}
    assert found - {FORMS.written, FORMS.then, FORMS.case} | of_forms == set(captions.CAPTIONS)


def _models(root: type[Model]) -> Iterator[type[Model]]:
    """`root` and every model in it."""
    yield root
    for field in root.model_fields.values():
        for kind in _inside(field.annotation):
            yield from _models(kind)


def _inside(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _inside(part)


def test_every_choice_has_a_meaning() -> None:
    assert tuple(captions.PURPOSES) == facts.PURPOSES
    assert tuple(captions.KINDS) == facts.KINDS
    assert tuple(captions.FORMS) == facts.FORMS
    assert tuple(captions.PROOFS) == facts.PROOFS
    assert tuple(captions.of_actions()) == actions.words()
    assert tuple(captions.MODES) == facts.MODES
    assert {word for words in stance.choices().values() for word in words} == set(captions.ANSWERS)


def test_the_stance_explains_itself_in_the_same_words() -> None:
    """What is written behind a question in the file is what an editor shows of it."""
    text = (rule_folder.SHIPPED_RULES / "stance.yaml").read_text("utf-8")
    sections = re.split(r"^(?=\w)", text, flags=re.MULTILINE)
    said = {
        section.partition(":")[0]: dict(
            re.findall(r"^  (\w+): \S+ +# (.+)$", section, re.MULTILINE)
        )
        for section in sections
    }
    for name, kind in (("ai", stance.Ai), ("others", stance.Others), ("publish", stance.Publish)):
        for word, caption in captions.CAPTIONS[kind].items():
            assert said[name][word] == caption


def test_every_word_of_the_vocabulary_explains_itself() -> None:
    words = SCHEMAS["rules.json"]["definitions"]["when"]["properties"]
    assert words.keys() == {*FIELDS, *stance.choices(), "all", "any", "not"}
    assert all(word["description"] for word in words.values())


def test_names_are_offered_and_not_demanded() -> None:
    offered, any_word = SCHEMAS["rules.json"]["definitions"]["name"]["anyOf"]
    assert offered["enum"] == ["anonymous", "ExampleBot", "GPTBot", "unknown"]
    assert "enum" not in any_word


def test_every_check_of_the_types_is_known_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check without a line is a KeyError; a line without a check is one too many."""

    class Noting(dict[str, Any]):
        used: set[str]

        def __getitem__(self, name: str) -> Any:
            self.used.add(name)
            return super().__getitem__(name)

    noting = Noting(SHAPES)
    noting.used = set()
    monkeypatch.setattr("stagedoor.rules.value_schema.SHAPES", noting)
    for root in ROOTS:
        root.model_json_schema(schema_generator=_Writer)
    assert noting.used == set(SHAPES)
