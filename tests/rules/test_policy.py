"""Stance, catalogue and rules as one thing that answers."""

from __future__ import annotations

import pytest

from making import (
    CATALOGUE,
    FIREFOX,
    GOOGLEBOT,
    GPTBOT,
    OVERCAST,
    REQUESTS,
    TRAINING_OFF,
    asks,
    judgement,
    mistakes,
    policy,
    rules,
    sources,
)
from stagedoor.config.yamltext import Source
from stagedoor.identify.catalogue import Signature
from stagedoor.model.errors import ConfigError
from stagedoor.model.facts import ANONYMOUS, UNKNOWN, Proof, Verdict
from stagedoor.rules.plan import SIGNAL_RULE
from stagedoor.rules.policy import Policy, load_policy, observed

BLOCK_ALL = "- {id: everyone, title: Nobody gets anything, then: block}"


def verdict(
    of: Policy, agent: str = GPTBOT, target: str = "/music/a.mp3", content_type: str = ""
) -> Verdict:
    """What becomes of one request."""
    return judgement(of, asks(agent, target), content_type)[2]


def test_a_request_is_told_who_asks_what_for_and_what_becomes_of_it() -> None:
    client, resource, said = judgement(rules(TRAINING_OFF), asks(GPTBOT, "//music/a.MP3?x"))
    assert (client.name, client.operator, client.purpose) == ("GPTBot", "OpenAI", "ai-training")
    assert (resource.kind, resource.path) == ("audio", "/music/a.mp3")
    assert said == Verdict(
        "block",
        rule="ai-training-off",
        title="Crawlers that gather training data are refused",
        why="The stance says ai.train is no.",
        status=403,
    )


def test_where_no_rule_holds_the_request_is_let_in() -> None:
    assert verdict(rules(TRAINING_OFF), FIREFOX) == Verdict("allow")
    assert verdict(policy()) == Verdict("allow")


def test_nobody_knows_who_says_nothing() -> None:
    for agent in ("", " ", "-", '""'):
        client, _, _ = judgement(policy(), asks(agent))
        assert client == ANONYMOUS
    client, _, _ = judgement(policy(), asks("Zorbulon"))
    assert client == UNKNOWN


def test_the_first_rule_that_ends_the_search_wins() -> None:
    found = rules(
        """
        - {id: one, title: One, when: {resource: page}, then: block}
        - {id: two, title: Two, when: {client.name: GPTBot}, then: allow}
        - {id: three, title: Three, then: {block: {status: 410}}}
        """
    )
    assert verdict(found, GPTBOT, "/about").rule == "one"
    assert verdict(found, GPTBOT).rule == "two"
    assert verdict(found, FIREFOX).rule == "three"
    assert verdict(found, FIREFOX).status == 410


def test_a_log_rule_notes_and_the_search_goes_on() -> None:
    found = rules(
        """
        - {id: noted, title: Noted, then: log}
        - {id: noted-too, title: Noted too, then: log}
        - {id: refused, title: Refused, when: {resource: audio}, then: block}
        - {id: welcome, title: Welcome, when: {resource: image}, then: allow}
        """
    )
    assert verdict(found).rule == "refused"
    assert verdict(found, target="/a.png") == Verdict("allow", "welcome", "Welcome")
    assert verdict(found, target="/about") == Verdict("log", "noted", "Noted")


def test_files_are_read_in_the_order_of_their_names() -> None:
    found = load_policy(
        sources(
            {
                "90-late.yaml": "- {id: late, title: Late, then: log}",
                "10-early.yaml": "- {id: early, title: Early, then: log}",
                "50-middle.yaml": "- {id: middle, title: Middle, then: log}",
            }
        )
    )
    assert [rule.id for rule in found.rules] == ["early", "middle", "late"]


@pytest.mark.parametrize(
    "target",
    [
        "/robots.txt",
        "/.well-known/tdmrep.json",
        "/ai.txt",
        "/trust.txt",
        "/license.xml",
        "/robots.txt?x=1",
    ],
)
@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_signal_files_are_never_refused_whatever_rules_say(target: str, mode: str) -> None:
    found = rules(BLOCK_ALL, f"mode: {mode}\nai: {{train: no}}\naudio: {{paths: ['/**']}}")
    said = verdict(found, GPTBOT, target, "text/plain")
    assert (said.action, said.rule) == ("allow", SIGNAL_RULE)
    assert verdict(found, GPTBOT, "/").action == "block"


@pytest.mark.parametrize("content_type", ["audio/mpeg", "audio/mpegurl", "application/zip"])
def test_a_signal_whose_response_is_a_recording_is_decided_again(content_type: str) -> None:
    assert verdict(rules(BLOCK_ALL), GPTBOT, "/robots.txt", content_type).action == "block"


@pytest.mark.parametrize("target", ["/%72obots.txt", "//robots.txt", "/robots.txt?a/../b"])
def test_only_what_is_literally_a_signal_is_exempt(target: str) -> None:
    assert verdict(rules(BLOCK_ALL), GPTBOT, target).action == "block"


def test_audio_that_poses_as_a_signal_is_refused() -> None:
    assert verdict(rules(BLOCK_ALL), GPTBOT, "/.well-known/a.mp3").action == "block"


def test_observe_mode_refuses_nobody_and_tells_what_it_would_have_done() -> None:
    found = rules(BLOCK_ALL)
    said = judgement(found, asks(GPTBOT, "/music/a.mp3"), mode="observe")[2]
    assert (said.action, said.would, said.rule, said.label) == (
        "log",
        "block",
        "everyone",
        "would-block",
    )


def test_observe_mode_leaves_everything_else_as_it_is() -> None:
    assert observed(Verdict("allow")) == Verdict("allow")
    assert observed(Verdict("log", "x")) == Verdict("log", "x")


def test_the_responses_type_can_change_the_verdict() -> None:
    found = rules("- {id: no-audio, title: No audio, when: {resource: audio}, then: block}")
    assert verdict(found, target="/listen").action == "allow"
    assert verdict(found, target="/listen", content_type="audio/mpeg").action == "block"
    assert verdict(found, target="/a.mp3", content_type="text/html").action == "block"


def test_the_stance_decides_which_rules_are_in_force() -> None:
    text = """
        - {id: off, title: Off, when: {stance.ai.train: no, client.purpose: ai-training}, then: block}
        - {id: on, title: On, when: {stance.ai.train: yes, client.purpose: ai-training}, then: allow}
        - {id: always, title: Always, then: log}
        """
    no, yes = rules(text, "ai: {train: no}"), rules(text, "ai: {train: yes}")
    assert (verdict(no).rule, verdict(yes).rule) == ("off", "on")
    assert no.in_force == yes.in_force == 2
    assert len(no.rules) == len(yes.rules) == 3


def test_conditions_combine_with_all_any_and_not() -> None:
    found = rules(
        """
        - id: guarded
          title: Guarded
          when:
            all:
              - any: [{resource: audio}, {resource: playlist}]
              - not: {client.purpose: [podcast-app, browser]}
            not: {request.path: /free/**}
          then: block
        """
    )
    assert verdict(found, GPTBOT).action == "block"
    assert verdict(found, REQUESTS, "/a.m3u8").action == "block"
    assert verdict(found, OVERCAST).action == "allow"
    assert verdict(found, FIREFOX).action == "allow"
    assert verdict(found, GPTBOT, "/about").action == "allow"
    assert verdict(found, GPTBOT, "/free/a.mp3").action == "allow"


def test_what_the_stance_calls_audio_is_guarded_as_audio() -> None:
    found = rules(
        "- {id: a, title: A, when: {resource: audio}, then: block}",
        "audio: {paths: ['/listen/**']}",
    )
    assert verdict(found, target="/listen/song.bin").action == "block"
    assert verdict(found, target="/listen/cover.jpg").action == "allow"


def test_the_same_policy_can_be_asked_under_another_stance() -> None:
    found = rules(TRAINING_OFF, "ai: {train: yes}")
    assert verdict(found).action == "allow"
    assert verdict(found.assuming({"stance.ai.train": "no"})).action == "block"
    assert verdict(found.assuming({})).action == "block"  # as shipped
    assert verdict(found).action == "allow"


def test_an_artist_without_a_contact_is_advised() -> None:
    assert "contact" in str(policy({"stance.yaml": "artist: {name: x}"}).advice)
    told = policy({"stance.yaml": "artist: {contact: 'mailto:a@b.example'}"}).advice
    assert "contact" not in str(told)
    assert "contact" not in str(policy().advice)


def test_an_empty_policy_lets_everybody_in() -> None:
    assert verdict(load_policy([])) == Verdict("allow")


def test_mistakes_of_all_files_are_reported_at_once_and_in_order() -> None:
    found = mistakes(
        {
            "stance.yaml": "modus: observe",
            "20-b.yaml": "- {id: b, title: B, when: {client.nam: GPTBot}, then: block}",
            "10-a.yaml": "- {id: a, title: A, then: block, wen: {}}",
            "crawlers/x.yaml": "operator: X",
            "30-c.yaml": "- id: [",
        }
    )
    assert [line.split(":")[0] for line in found] == [
        "10-a.yaml", "20-b.yaml", "30-c.yaml", "crawlers/x.yaml", "stance.yaml",
    ]  # fmt: skip


def test_an_unknown_crawler_in_a_rule_is_told_with_the_nearest_name() -> None:
    found = mistakes(
        {"10-a.yaml": "- {id: a, title: A, when: {client.name: Googlebto}, then: block}"}
    )
    assert found == [
        '10-a.yaml:1:41: "Googlebto" is not a client.name that is known — did you mean "Googlebot"?'
    ]


def test_a_mistake_in_a_catalogue_file_does_not_make_its_crawlers_unknown_to_rules() -> None:
    # One slip in a date, and every rule that names one of the file's crawlers would be reported.
    found = mistakes(
        {
            "crawlers/openai.yaml": CATALOGUE["crawlers/openai.yaml"].replace(
                "2026-11-23", "today"
            ),
            "10-a.yaml": "- {id: a, title: A, when: {client.name: GPTBot}, then: block}",
        }
    )
    assert [line.split(":")[0] for line in found] == ["crawlers/openai.yaml"]


def test_a_rule_may_name_whoever_is_in_the_catalogue_and_the_unknown() -> None:
    found = rules("- {id: a, title: A, when: {client.name: [googlebot, unknown]}, then: block}")
    assert verdict(found, GOOGLEBOT).action == "block"
    assert verdict(found, "Zorbulon").action == "block"
    assert verdict(found, GPTBOT).action == "allow"


def test_files_that_are_not_yaml_at_all_are_told_with_the_rest() -> None:
    with pytest.raises(ConfigError) as told:
        load_policy([Source("10-a.yaml", b"\xff"), Source("20-b.yaml", b"a: [")])
    assert len(told.value.problems) == 2


def test_another_stance_decides_as_if_the_files_were_read_under_it() -> None:
    text = """
    - id: both
      title: Both
      when:
        not: {stance.ai.train: yes}
        any: [{stance.ai.search: no, request.path: /a*}, {stance.ai.input: no, request.path: /b*}]
      then: block
    """
    words = {"stance.ai.train": "no", "stance.ai.search": "no", "stance.ai.input": "yes"}
    read = rules(text, "ai: {train: no, search: no, input: yes}")
    other = rules(text, "ai: {train: yes, search: yes, input: no}")
    assert verdict(other, target="/a").action == "allow"
    for target, action in (("/a", "block"), ("/b", "allow"), ("/c", "allow")):
        assert verdict(read, target=target).action == action
        assert verdict(other.assuming(words), target=target).action == action


SIGNING = {
    "crawlers/signing.yaml": """
        operator: Signing
        reviewed: 2026-11-23
        crawlers:
          - name: First
            token: First
            purpose: ai-training
            proof: {web_bot_auth: "https://many.example"}
          - name: Second
            token: Second
            purpose: search
            proof: {web_bot_auth: "https://many.example"}
          - name: Other
            token: Other
            purpose: seo
            proof: {web_bot_auth: "https://other.example"}
          - name: Listed
            token: Listed
            purpose: ai-input
            proof: {ranges: "https://listed.example/ranges.json"}
        """
}


@pytest.mark.parametrize(
    ("signer", "agent", "name", "purpose"),
    [
        # One origin, two crawlers: the agent says which of them it is …
        ("https://many.example", "First/1.0", "First", "ai-training"),
        ("https://many.example", "Second/1.0", "Second", "search"),
        # … and where it names none of them, the first in the catalogue answers for all.
        ("https://many.example", FIREFOX, "First", "ai-training"),
        ("https://many.example", "", "First", "ai-training"),
        ("https://many.example", "Other/1.0", "First", "ai-training"),
        ("https://many.example", "Listed/1.0", "First", "ai-training"),
        ("https://other.example", "Second/1.0", "Other", "seo"),
        ("https://other.example", "Other/1.0", "Other", "seo"),
        # Nobody the catalogue knows: the agent stands, and so does the lack of a signature.
        ("https://nobody.example", "Second/1.0", "Second", "search"),
        ("https://nobody.example", FIREFOX, "Firefox", "browser"),
        ("https://many.example.evil", FIREFOX, "Firefox", "browser"),
        ("", "Second/1.0", "Second", "search"),
        ("", FIREFOX, "Firefox", "browser"),
    ],
)
def test_a_signed_request_comes_from_a_crawler_of_the_origin_that_signed_it(
    signer: str, agent: str, name: str, purpose: str
) -> None:
    client = policy(SIGNING).claim(agent, signer)
    assert (client.name, client.purpose) == (name, purpose)


def test_the_proof_of_a_signed_request_is_asked_of_whom_the_signature_names() -> None:
    asked: list[str] = []

    def prove(claim: Signature) -> tuple[Proof, str]:
        asked.append(claim.name)
        return "verified", "signed"

    found = policy(SIGNING)
    for agent in ("Second/1.0", FIREFOX, "Other/1.0"):
        client = judgement(found, asks(agent), signer="https://many.example", prove=prove)[0]
        assert (client.name, client.proof, client.why) == (asked[-1], "verified", "signed")
    assert asked == ["Second", "First", "First"]
    assert judgement(found, asks(FIREFOX), prove=prove)[0].proof != "verified"
    assert len(asked) == 3


def test_the_origins_that_sign_are_named_once_each() -> None:
    assert policy(SIGNING).signers == ("https://many.example", "https://other.example")


def test_what_did_not_change_is_taken_from_the_policy_before() -> None:
    files = {**CATALOGUE, "10-test.yaml": "- {id: a, title: A, then: log}"}
    first = load_policy(sources(files))
    again = load_policy(sources({**files, "10-test.yaml": "[]"}), before=first)
    assert again.matcher is first.matcher
    assert again.rules == ()
    other = files | {"crawlers/new.yaml": "operator: N\nreviewed: 2026-11-23\ncrawlers: []"}
    assert load_policy(sources(other), before=first).matcher is not first.matcher


def test_a_path_too_long_to_be_kept_is_classified_all_the_same() -> None:
    found = rules("[]", "audio: {paths: [/live/**]}")
    for path in ("/live/stream", "/live/" + "a" * 5000):
        assert found.classify(path).kind == "audio"
        assert found.classify(path, path + "?x=1").kind == "audio"


SHARED = {
    **CATALOGUE,
    "20-ai.yaml": TRAINING_OFF,
    "stance.yaml": "artist: {name: Us}\nsites: {berta: {ai: {train: yes}}}",
}


def test_one_of_several_sites_has_the_stance_of_all_and_its_own_over_it() -> None:
    berta = load_policy(sources(SHARED), site="berta")
    assert (berta.stance.artist.name, verdict(berta).action) == ("Us", "allow")
    assert str(berta.place).startswith("stance.yaml:2")
    shared = load_policy(sources(SHARED))
    assert (shared.stance.sites, verdict(shared).action) == (("berta",), "block")
    assert str(shared.place) == "stance.yaml:1:1"
    assert str(load_policy(sources(CATALOGUE)).place) == "stance.yaml"


def test_mistakes_of_a_site_are_where_they_stand() -> None:
    own = {**SHARED, "sites/anna/stance.yaml": "artist: {name: Anna}\nsite: {profile: nothing}"}
    with pytest.raises(ConfigError) as error:
        load_policy(sources(own), site="anna")
    assert str(error.value).startswith("sites/anna/stance.yaml:2:17: ")
    with pytest.raises(ConfigError, match='there is no site "carla"'):
        load_policy(sources(SHARED), site="carla")
    bare = {**CATALOGUE, "sites/anna/stance.yaml": "ai: {train: yes}"}
    assert load_policy(sources(bare), site="anna").stance.ai.train == "yes"
