"""The words of a condition: what each compares, and what is said about a wrong one."""

from __future__ import annotations

import pytest

from making import asks, document
from stagedoor.errors import Problem
from stagedoor.facts import KINDS, PROOFS, PURPOSES, Client, Request, Resource
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.rules.vocabulary import FIELDS, Compiled, Words, compile_when
from stagedoor.stance import Stance, choices

WORDS = Words(Stance().words(), choices(), frozenset({"GPTBot", "Overcast"}), frozenset({"OpenAI"}))
CRAWLER = Client("GPTBot", "OpenAI", "ai-training")
SONG = Resource("audio", "/music/a.mp3")


def compiled(when: str) -> tuple[Compiled, list[str]]:
    """A `when` and what is wrong with it."""
    problems: list[Problem] = []
    found = document(when, "x.yaml")
    return compile_when(found.value, WORDS, found, (), problems), list(map(str, problems))


def holds(
    when: str, request: Request | None = None, client: Client = CRAWLER, resource: Resource = SONG
) -> bool:
    """Whether a right `when` holds."""
    found, problems = compiled(when)
    assert problems == []
    return found.test is not None and found.test(
        request or asks(target=resource.path), client, resource
    )


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ("client.purpose: ai-training", True),
        ("client.purpose: search", False),
        ("client.purpose: [search, ai-training]", True),
        ("client.purpose: [search, seo]", False),
        ("client.name: GPTBot", True),
        ("client.name: gptbot", True),
        ("client.name: Overcast", False),
        ("client.name: [Overcast, unknown]", False),
        ("client.operator: OpenAI", True),
        ("client.operator: openai", True),
        ("client.proof: unverified", True),
        ("client.proof: verified", False),
        ("resource: audio", True),
        ("resource: [page, feed]", False),
        ("request.method: GET", True),
        ("request.method: get", True),
        ("request.method: [POST, PUT]", False),
        ("request.host: Example.ORG", True),
        ("request.host: other.example", False),
        ("request.path: /music/**", True),
        ("request.path: [/a, '**.mp3']", True),
        ("request.path: /music/*.flac", False),
        ("{resource: audio, client.purpose: ai-training}", True),
        ("{resource: audio, client.purpose: seo}", False),
        (
            "{resource: audio, client.purpose: ai-training, request.method: GET, client.name: Overcast}",
            False,
        ),
        ("all: [{resource: audio}, {client.name: GPTBot}, {request.method: GET}]", True),
        ("all: [{resource: audio}, {client.name: Overcast}]", False),
        ("any: [{resource: page}, {client.name: GPTBot}]", True),
        ("any: [{resource: page}, {client.name: Overcast}]", False),
        ("not: {resource: page}", True),
        ("not: {resource: audio}", False),
        ("not: {resource: audio, client.purpose: seo}", True),
        ("not: {not: {resource: audio}}", True),
        ("{any: [{resource: page}, {resource: audio}], not: {client.name: Overcast}}", True),
        ("all: [{any: [{not: {resource: page}}]}]", True),
        ("{}", True),
    ],
)
def test_a_condition_holds_or_not(when: str, held: bool) -> None:
    assert holds(when) is held


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ("stance.ai.train: no", True),
        ("stance.ai.train: yes", False),
        ("stance.ai.search: yes", True),
        ("stance.others.seo: log", True),
        ("stance.others.seo: [log, no]", True),
        ("stance.ai.train: false", True),
        ("not: {stance.ai.train: yes}", True),
        ("any: [{stance.ai.train: yes}, {resource: audio}]", True),
        ("any: [{stance.ai.train: no}, {resource: page}]", True),
        ("all: [{stance.ai.train: yes}, {resource: audio}]", False),
        ("{stance.ai.train: no, not: {stance.ai.search: no}}", True),
    ],
)
def test_the_stance_is_asked_like_any_other_word(when: str, held: bool) -> None:
    assert holds(when) is held


@pytest.mark.parametrize(
    "when",
    [
        "stance.ai.train: yes",
        "all: [{stance.ai.train: yes}, {resource: audio}]",
        "not: {stance.ai.train: no}",
        "any: [{stance.ai.train: yes}]",
    ],
)
def test_what_the_stance_rules_out_costs_nothing_at_a_request(when: str) -> None:
    assert compiled(when)[0].test is None


@pytest.mark.parametrize(
    ("when", "assumed"),
    [
        ("stance.ai.train: yes", {"stance.ai.train": "yes"}),
        ("stance.others.seo: [log, no]", {"stance.others.seo": "log"}),
        (
            "all: [{stance.ai.train: yes}, {stance.ai.input: yes}]",
            {"stance.ai.train": "yes", "stance.ai.input": "yes"},
        ),
        ("any: [{stance.ai.train: yes}]", {"stance.ai.train": "yes"}),
        ("any: [{stance.ai.train: yes}, {resource: audio}]", {}),
        ("not: {stance.ai.train: yes}", {}),
        ("resource: audio", {}),
    ],
)
def test_a_condition_tells_what_it_presupposes_of_the_stance(
    when: str, assumed: dict[str, str]
) -> None:
    assert compiled(when)[0].assumes == assumed


@pytest.mark.parametrize(
    ("when", "line"),
    [
        ("client.purpos: seo", 'x.yaml:1:1: unknown field "client.purpos" — did you mean "client.purpose"?'),
        ("nto: {resource: audio}", 'x.yaml:1:1: unknown field "nto" — did you mean "not"?'),
        ("stance.ai.trian: no", 'x.yaml:1:1: the stance has no "stance.ai.trian" — did you mean "stance.ai.train"?'),
        ("stance.ai.train: maybe", 'x.yaml:1:18: stance.ai.train is never "maybe" — write yes or no'),
        ("client.name: GPTBott", 'x.yaml:1:14: "GPTBott" is not a client.name that is known — did you mean "GPTBot"?'),
        ("client.operator: OpenAy", 'x.yaml:1:18: "OpenAy" is not a client.operator that is known — did you mean "OpenAI"?'),
        ("client.proof: verifed", 'x.yaml:1:15: "verifed" is not one of: verified, unverified, spoofed — did you mean "verified"?'),
        ("request.path: music/**", 'x.yaml:1:15: the path "music/**" does not begin with / — write "/music/**"'),
        ("resource: []", 'x.yaml:1:11: "resource" has an empty list, which never holds — name a value'),
        ("resource: ''", 'x.yaml:1:11: "resource" needs a word or a list of words'),
        ("resource: {is: audio}", 'x.yaml:1:11: "resource" needs a word or a list of words'),
        ("resource: [audio, [page]]", 'x.yaml:1:19: "resource" needs a word or a list of words'),
        ("all: audio", 'x.yaml:1:6: "all" needs a list of conditions — begin each with "- "'),
        ("any: []", 'x.yaml:1:6: "any" needs a list of conditions — begin each with "- "'),
        ("any: [{resource: audio}, page]", 'x.yaml:1:26: conditions are written as fields — for example "resource: audio"'),
        ("not: audio", 'x.yaml:1:6: conditions are written as fields — for example "resource: audio"'),
        ("- resource: audio", 'x.yaml:1:1: conditions are written as fields — for example "resource: audio"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_mend(when: str, line: str) -> None:
    found = compiled(when)[1]
    assert len(found) == 1, found
    assert found[0] == line or found[0].startswith(line + " — ")


def test_a_wrong_choice_is_told_with_the_known_ones() -> None:
    (line,) = compiled("resource: adio")[1]
    assert line == f'x.yaml:1:11: "adio" is not one of: {", ".join(KINDS)} — did you mean "audio"?'


def test_a_word_that_is_like_no_other_is_answered_with_all() -> None:
    (line,) = compiled("behaviour: x")[1]
    assert "known: client.purpose, client.name" in line
    assert "stance.others.seo" in line


def test_all_mistakes_of_a_condition_are_told_at_once() -> None:
    assert (
        len(compiled("{client.purpos: a, resource: b, all: [{nto: {}}, {client.name: c}]}")[1]) == 4
    )


@pytest.mark.parametrize(
    "when",
    [
        "client.purpose:\n- seo\n- ai-inptu",
        "client.name:\n- GPTBot\n- Overcats",
        "request.path:\n- /a\n- b",
        "stance.others.seo:\n- no\n- maybe",
    ],
)
def test_a_wrong_word_in_a_list_is_told_in_its_own_line(when: str) -> None:
    (line,) = compiled(when)[1]
    assert line.startswith("x.yaml:3:3: ")


@pytest.mark.parametrize(
    "when", ["client.purpose: AI-Training", "resource: Audio", "client.proof: Unverified"]
)
def test_a_word_in_other_letters_is_either_understood_or_a_mistake(when: str) -> None:
    found, problems = compiled(when)
    assert problems or (found.test and found.test(asks(), CRAWLER, SONG))


def test_an_answer_that_a_question_of_the_stance_can_never_have_is_a_mistake() -> None:
    # ai.train knows yes and no only: a rule that waits for log would wait for ever.
    assert len(compiled("stance.ai.train: log")[1]) == 1


def test_every_field_says_what_it_is() -> None:
    assert all(field.help for field in FIELDS.values())
    choices = {name: field.choices for name, field in FIELDS.items() if field.choices}
    assert choices.pop("client.traits") == TRAIT_NAMES
    assert choices == {"client.purpose": PURPOSES, "client.proof": PROOFS, "resource": KINDS}
