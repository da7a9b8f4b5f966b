"""The words of a condition: what each compares, and what is said about a wrong one."""

from __future__ import annotations

import pytest

from making import asks, document, mistakes
from stagedoor.config.stance import Stance, choices
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.model.errors import Problem
from stagedoor.model.facts import (
    CHALLENGE_STANDINGS,
    CREDENTIALS,
    FORMS,
    KINDS,
    LICENCE_STANDINGS,
    PASS_STANDINGS,
    PROOFS,
    PURPOSES,
    SENT_FROM,
    Behaviour,
    Client,
    Request,
    Resource,
)
from stagedoor.rules.conditions import narrow, unknown
from stagedoor.rules.fields import FIELDS, TOLD
from stagedoor.rules.vocabulary import Known, Read, read_when

KNOWN = Known(Stance().words(), choices(), frozenset({"GPTBot", "Overcast"}), frozenset({"OpenAI"}))
CRAWLER = Client("GPTBot", "OpenAI", "ai-training")
SONG = Resource("audio", "/music/a.mp3")


def compiled(when: str) -> tuple[Read, list[str]]:
    """A `when` and what is wrong with it."""
    problems: list[Problem] = []
    found = document(when, "x.yaml")
    return read_when(found.value, KNOWN, found, (), problems), list(map(str, problems))


def holds(
    when: str,
    request: Request | None = None,
    client: Client = CRAWLER,
    resource: Resource = SONG,
    behaviour: Behaviour | None = None,
) -> bool:
    """Whether a right `when` holds."""
    found, problems = compiled(when)
    assert problems == []
    outcome = narrow(found.condition, unknown)
    if isinstance(outcome, bool):
        return outcome
    asked = request or asks(target=resource.path)
    return outcome(asked, client, resource, behaviour or Behaviour())


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


ASKED = Request(
    "GET",
    "shop.example.org",
    "/music/a.mp3",
    "/music/a.mp3",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows 98)",
    (("Referer", "https://fans.example/"), ("Accept", "*/*")),
    "192.0.2.7",
)
LATELY = Behaviour(requests=31, recordings=12, audio=2_500_000_000, known=300.0)


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ("request.address: 192.0.2.7", True),
        ("request.address: 192.0.2.0/24", True),
        ("request.address: [198.51.100.0/24, '2001:db8::/32']", False),
        ("request.address: 192.0.2.200/24", True),  # people write any address of a network
        ("request.agent: '*windows 98*'", True),
        ("request.agent: 'Windows 98'", False),  # a text without stars is the whole text
        ("request.agent: 'mozilla/4.? *'", True),
        ("request.agent: {re: 'MSIE [1-6]'}", True),
        ("request.agent: {re: 'msie'}", False),
        ("request.agent: {re: '(?i)msie'}", True),
        ("request.agent: [Opera*, {re: [Netscape, 'Windows 9[58]']}]", True),
        ("request.host: '*.example.org'", True),
        ("request.path: {re: '\\.mp3$'}", True),
        ("request.path: [/video/**, {re: '^/music/[a-c]'}]", True),
        ("request.path: {re: '^/video/'}", False),
        ("request.header.referer: https://fans.example/*", True),
        ("request.header.Referer: {re: 'fans[.]example'}", True),
        ("request.header.referer: {present: yes}", True),
        ("request.header.cookie: {present: no}", True),
        ("request.header.cookie: {present: yes}", False),
        ("request.header.cookie: '*'", True),
        ("behaviour.requests_last_minute: {over: 30}", True),
        ("behaviour.requests_last_minute: {over: 31}", False),
        ("behaviour.requests_last_minute: {at_least: 31}", True),
        ("behaviour.requests_last_minute: {over: 30, under: 32}", True),
        ("behaviour.requests_last_minute: {at_most: 30}", False),
        ("behaviour.recordings_last_hour: {under: 12.5}", True),
        ("behaviour.audio_last_hour: {over: 2 GB}", True),
        ("behaviour.audio_last_hour: {over: 2500MB}", False),
        ("behaviour.known_for: {under: 10m}", True),
        ("behaviour.known_for: {under: 4 minutes 59 seconds}", False),
    ],
)
def test_addresses_texts_and_measures_are_compared(when: str, held: bool) -> None:
    assert holds(when, ASKED, behaviour=LATELY) is held


@pytest.mark.parametrize("address", ["", "not an address", "192.0.2"])
def test_an_address_nobody_knows_is_in_no_network(address: str) -> None:
    asked = Request("GET", "", "/", "/", "", address=address)
    assert not holds("request.address: [0.0.0.0/0, '::/0']", asked)


def test_an_address_written_the_other_way_is_still_that_address() -> None:
    asked = Request("GET", "", "/", "/", "", address="::ffff:192.0.2.7")
    assert holds("request.address: 192.0.2.0/24", asked)


def test_texts_beyond_ascii_are_compared_as_they_are_sent() -> None:
    asked = Request("GET", "", "/müsik/ä.mp3", "/", "Zürich/1.0".encode().decode("latin-1"))
    assert holds("request.agent: zürich/*", asked) is True
    assert holds("request.path: /müsik/?.mp3", asked) is True
    assert holds("request.path: {re: 'm.sik'}", asked) is True


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
    assert narrow(compiled(when)[0].condition, unknown) is False


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
        ("request.address: 192.0.2.0/33", 'x.yaml:1:18: "192.0.2.0/33" is not an address or a network — write for example 192.0.2.0/24 or 2001:db8::/32'),
        ("request.address: [192.0.2.1, home]", 'x.yaml:1:30: "home" is not an address or a network'),
        ("request.agent: ''", 'x.yaml:1:16: "request.agent" needs a text, a list of texts or {re: …}'),
        ("request.path: [/a, [/b]]", 'x.yaml:1:20: "request.path" needs a text, a list of texts or {re: …}'),
        ("request.agent: []", 'x.yaml:1:16: "request.agent" has an empty list, which never holds — name a value'),
        ("request.agent: {re: []}", "x.yaml:1:21: re has an empty list, which never holds — name a value"),
        (f"request.path: /{'a' * 2000}", "x.yaml:1:15: the pattern has 2,001 characters; at most 2,000 are taken — shorten it: * stands for any text"),
        (f"request.agent: {{re: {'a' * 2001}}}", "x.yaml:1:21: the pattern has 2,001 characters; at most 2,000 are taken — a list may hold several"),
        ("request.agent: {rex: a}", 'x.yaml:1:17: unknown field "rex" — did you mean "re"?'),
        ("request.agent: {re: ''}", 'x.yaml:1:21: re needs an expression — for example {re: "^Mozilla/4"}'),
        ("request.agent: {re: 'a('}", 'x.yaml:1:21: "a(" is no expression: missing ): a( — the syntax is RE2\'s: no look-around and no back-references'),
        ("request.agent: {re: '(?<=a)b'}", 'x.yaml:1:21: "(?<=a)b" is no expression: invalid perl operator: (?<= — the syntax is RE2\'s: no look-around and no back-references'),
        ("request.header.referer: {present: maybe}", 'x.yaml:1:25: "request.header.referer": present is yes or no, and alone'),
        ("request.header.: x", 'x.yaml:1:1: unknown field "request.header."'),
        ("behaviour.requests_last_minute: 40", 'x.yaml:1:33: "behaviour.requests_last_minute" is compared by more or less — write {over: 40}'),
        ("behaviour.requests_last_minute: {above: 40}", 'x.yaml:1:34: unknown comparison "above" — one of: over, at_least, under, at_most'),
        ("behaviour.requests_last_minute: {ovr: 40}", 'x.yaml:1:34: unknown comparison "ovr" — did you mean "over"?'),
        ("behaviour.requests_last_minute: {over: many}", 'x.yaml:1:40: "many" is not a number — write for example 40'),
        ("behaviour.requests_last_minute: {over: 1, at_least: 2}", 'x.yaml:1:33: "over" and "at_least" together — keep one of them'),
        ("behaviour.known_for: {under: 10}", 'x.yaml:1:30: "10" has no unit — write 10s, 10m or 10h'),
        ("behaviour.known_for: {under: soon}", 'x.yaml:1:30: "soon" is not a duration — write for example 10s, 5m or 1h 30m'),
        ("behaviour.audio_last_hour: {over: 2}", 'x.yaml:1:35: "2" has no unit — write 2MB or 2GB'),
        ("- resource: audio", 'x.yaml:1:1: conditions are written as fields — for example "resource: audio"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(when: str, line: str) -> None:
    found = compiled(when)[1]
    assert len(found) == 1, found
    assert found[0] == line or found[0].startswith(line + " — ")


def test_a_wrong_choice_is_told_with_the_known_ones() -> None:
    (line,) = compiled("resource: adio")[1]
    assert line == f'x.yaml:1:11: "adio" is not one of: {", ".join(KINDS)} — did you mean "audio"?'


def test_a_word_that_is_like_no_other_is_answered_with_all() -> None:
    (line,) = compiled("weather: x")[1]
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
    assert compiled(when)[1] or holds(when, asks())


def test_an_answer_that_a_question_of_the_stance_can_never_have_is_a_mistake() -> None:
    # ai.train knows yes and no only: a rule that waits for log would wait for ever.
    assert len(compiled("stance.ai.train: log")[1]) == 1


def test_every_field_says_what_it_is() -> None:
    assert all(field.help for field in FIELDS.values())
    choices = {name: field.choices for name, field in FIELDS.items() if field.choices}
    assert choices.pop("client.traits") == TRAIT_NAMES
    assert choices.pop("behaviour.told") == TOLD
    assert choices.pop("behaviour.robots_disallows") == ("yes", "no")
    assert choices.pop("request.credentials") == CREDENTIALS
    assert choices.pop("request.pass") == PASS_STANDINGS
    assert choices.pop("request.from") == SENT_FROM
    assert choices.pop("request.challenge") == CHALLENGE_STANDINGS
    assert choices.pop("resource.form") == FORMS
    for scope in ("behaviour", "behaviour.network", "behaviour.agent"):
        assert choices.pop(f"{scope}.tripped") == ("yes", "no")
    assert choices == {
        "client.purpose": PURPOSES,
        "client.proof": PROOFS,
        "client.licence": LICENCE_STANDINGS,
        "resource": KINDS,
    }


def test_an_expression_that_is_no_expression_is_never_passed_over() -> None:
    told = mistakes({"10-a.yaml": "- {id: a, title: A, when: {request.path: {re: []}}, then: log}"})
    assert told == ["10-a.yaml:1:47: re has an empty list, which never holds — name a value"]
