"""Stance, catalogue and rules as one thing that answers: what becomes of this request?

A Policy is built whole from the files' bytes or not at all, and never changes afterwards, so a
reload is one assignment and no request is ever decided by half a rule set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stagedoor.audio.resources import classify, reclassify
from stagedoor.errors import ConfigError, Problem
from stagedoor.facts import Arrival, Client, Mode, Proof, Request, Resource, Verdict
from stagedoor.globs import Globs
from stagedoor.identify.catalogue import Catalogue, Signature, read_catalogue
from stagedoor.identify.families import FILE as FINGERPRINTS
from stagedoor.identify.families import Families, read_families
from stagedoor.identify.matcher import Matcher, Second, client_of
from stagedoor.identify.traits import traits
from stagedoor.rules.model import Rule, read_rules, repeated_ids
from stagedoor.rules.vocabulary import Test, Words
from stagedoor.stance import Stance, advice, choices, read_stance
from stagedoor.yamltext import Document, Source, parse

STANCE = "stance.yaml"
CATALOGUE_FOLDERS = frozenset({"crawlers", "clients"})
SIGNAL_RULE = "signal-files"
"""The one rule that is not in a file, because no file may overrule it."""

Prove = Callable[[Signature], tuple[Proof, str]]
"""How sure a claim is, and why; evidence is the door's to gather."""

_NOBODY_LOOKED = Arrival()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a decision needs.

    `rules` are as written, in their order; `advice` is what is legal and still worth telling.
    """

    stance: Stance
    catalogue: Catalogue
    matcher: Matcher
    rules: tuple[Rule, ...]
    advice: tuple[Problem, ...]
    provable: Mapping[str, Signature]
    _active: tuple[tuple[Test, Verdict], ...]
    """The rules that the stance leaves in force."""
    _audio_paths: Globs | None
    _rule_files: tuple[Document, ...]
    families: Families = field(default_factory=Families)

    def identify(self, agent: str) -> Client:
        """Whom a User-Agent header claims to be."""
        return self.matcher.identify(agent)

    def classify(self, path: str) -> Resource:
        """What a normalised path names."""
        return classify(path, self._audio_paths)

    def decide(self, request: Request, client: Client, resource: Resource) -> Verdict:
        """The verdict of the first rule that ends the search, in enforce mode.

        Where only `log` rules held, the first of them is named. Where none did: allow.
        """
        if resource.kind == "signal":
            return _SIGNAL
        noted: Verdict | None = None
        for test, verdict in self._active:
            if test(request, client, resource):
                if verdict.action != "log":
                    return verdict
                noted = noted or verdict
        return noted or _ALLOW

    def judge(
        self,
        request: Request,
        content_type: str = "",
        mode: Mode = "enforce",
        *,
        arrival: Arrival = _NOBODY_LOOKED,
        signer: str = "",
        prove: Prove | None = None,
        assumed: frozenset[str] = frozenset(),
    ) -> tuple[Client, Resource, Verdict]:
        """The whole way of one request. `content_type` is the response's, once it is known.

        `arrival` is how it came in, `signer` the origin that has provably signed it: that one is
        known by its signature, whatever its user agent says. `prove` says how sure a claim is that can be proven; without
        it, none is. `assumed` are traits it has besides those that are found (for cases).
        """
        client = self.identify(request.agent)
        if signer:
            client = self._signed_by(signer, client)
        claim = self.provable.get(client.name) if prove is not None else None
        if prove is not None and claim is not None:
            proof, why = prove(claim)
            client = replace(client, proof=proof, why=why)
        found = assumed | traits(
            request,
            client,
            arrival.ja4,
            arrival.plaintext,
            families=self.families,
            proxied=arrival.proxied,
        )
        if found:
            client = replace(client, traits=found)
        resource = self.classify(request.path)
        if content_type:
            resource = reclassify(resource, content_type)
        verdict = self.decide(request, client, resource)
        return client, resource, observed(verdict) if mode == "observe" else verdict

    @property
    def signers(self) -> tuple[str, ...]:
        """The origins whose signatures the catalogue knows (Web Bot Auth)."""
        ways = (signature.proof.web_bot_auth for signature in self.provable.values())
        return tuple(sorted(filter(None, set(ways))))

    def _signed_by(self, signer: str, claimed: Client) -> Client:
        """The client that signs as `signer`; `claimed` where it is that one, or nobody known."""
        signing = [s for s in self.provable.values() if s.proof.web_bot_auth == signer]
        if not signing or any(s.name == claimed.name for s in signing):
            return claimed
        return client_of(signing[0])

    @property
    def in_force(self) -> int:
        """How many rules the stance leaves in force."""
        return len(self._active)

    def assuming(self, words: Mapping[str, str]) -> Policy:
        """The same house under the shipped stance, changed by `words` (`stance.ai.train: no`).

        For cases: they test a rule, whatever the artist's own stance says today.
        """
        stance = Stance()
        for name, word in words.items():
            _, group, field = name.split(".")
            part = getattr(stance, group).model_copy(update={field: word})
            stance = stance.model_copy(update={group: part})
        problems: list[Problem] = []
        known = Words(stance.words(), choices(), self.catalogue.names, self.catalogue.operators)
        policy = _build(stance, known, self.catalogue, self.matcher, self._rule_files, (), problems)
        policy = replace(policy, families=self.families)
        if problems:  # this policy was built from the same files, so they are known to be right
            raise ConfigError(problems)
        return policy


def load_policy(sources: Iterable[Source], second: Second | None = None) -> Policy:
    """The policy in a rules directory's files, named by their path inside it.

    `second` looks once more at whom the catalogue takes for a browser, or does not know.

    Raises ConfigError with every mistake in every file.
    """
    problems: list[Problem] = []
    documents = {
        place: document
        for place, source in sorted({s.inside or s.path: s for s in sources}.items())
        if (document := parse(source, problems)) is not None
    }
    stance_file = documents.pop(STANCE, None)
    stance = read_stance(stance_file, problems) if stance_file else Stance()
    families = read_families(documents.pop(FINGERPRINTS, None), problems)
    catalogue = read_catalogue(
        [d for p, d in documents.items() if _folder(p) in CATALOGUE_FOLDERS], problems
    )
    rule_files = [d for p, d in documents.items() if _folder(p) not in CATALOGUE_FOLDERS]
    # A slip in the catalogue must not make every rule wrong that names one of its crawlers.
    words = Words(
        stance.words(),
        choices(),
        catalogue.names if not problems else frozenset(),
        catalogue.operators if not problems else frozenset(),
    )
    notes = advice(stance, stance_file) if stance_file else ()
    policy = _build(
        stance, words, catalogue, Matcher(catalogue, second), rule_files, tuple(notes), problems
    )
    if problems:
        raise ConfigError(problems)
    return replace(policy, families=families)


def _build(
    stance: Stance,
    words: Words,
    catalogue: Catalogue,
    matcher: Matcher,
    rule_files: Sequence[Document],
    notes: tuple[Problem, ...],
    problems: list[Problem],
) -> Policy:
    rules = [rule for document in rule_files for rule in read_rules(document, words, problems)]
    problems.extend(repeated_ids(rules))
    return Policy(
        stance=stance,
        catalogue=catalogue,
        matcher=matcher,
        rules=tuple(rules),
        advice=notes,
        provable=catalogue.provable,
        _active=tuple((rule.test, _verdict(rule)) for rule in rules if rule.test is not None),
        _audio_paths=Globs(stance.audio.paths) if stance.audio.paths else None,
        _rule_files=tuple(rule_files),
    )


def _verdict(rule: Rule) -> Verdict:
    return Verdict(rule.action, rule.id, rule.title, rule.why, rule.status)


def _folder(place: str) -> str:
    return place.partition("/")[0] if "/" in place else ""


_ALLOW = Verdict("allow")
_SIGNAL = Verdict(
    "allow",
    rule=SIGNAL_RULE,
    title="Signal files are never refused",
    why="A crawler that cannot read what is forbidden may do everything (RFC 9309).",
)


def observed(verdict: Verdict) -> Verdict:
    """`verdict` as observe mode carries it out: what would refuse is only written down."""
    return replace(verdict, action="log", would="block") if verdict.action == "block" else verdict
