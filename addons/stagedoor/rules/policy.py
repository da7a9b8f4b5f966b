"""Stance, catalogue and rules as one thing that answers: what becomes of this request?

A Policy is built whole from the files' bytes or not at all, and never changes afterwards, so a
reload is one assignment and no request is ever decided by half a rule set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from stagedoor.config.offers import FILE as OFFERS
from stagedoor.config.offers import NO_OFFERS, OfferFile, read_offers
from stagedoor.config.site_stances import merged, stance_file
from stagedoor.config.stance import PASSES, Passes, Stance, choices
from stagedoor.config.stance_reading import advice, read_stance
from stagedoor.config.yamltext import Document, Source, parse
from stagedoor.identify.catalogue import Catalogue, Signature, read_catalogue
from stagedoor.identify.matcher import Matcher, Second, client_of
from stagedoor.identify.own_words import OWN
from stagedoor.identify.referrers import FILE as REFERRERS
from stagedoor.identify.referrers import Referrers, read_referrers
from stagedoor.identify.tls_families import FILE as FINGERPRINTS
from stagedoor.identify.tls_families import Families, read_families
from stagedoor.model.errors import ConfigError, Location, Problem
from stagedoor.model.facts import (
    Client,
    Resource,
    Verdict,
)
from stagedoor.model.globs import Globs
from stagedoor.resources.kinds import classify
from stagedoor.resources.site_profiles import FOLDER as PROFILES
from stagedoor.resources.site_profiles import Profile, ProfileFile, chosen, read_profiles
from stagedoor.rules.conditions import leaves, restated
from stagedoor.rules.lint import lint
from stagedoor.rules.plan import CACHED_TEXTS, MAX_CACHED, Plan, note
from stagedoor.rules.rule import Rule, read_rules, repeated_ids
from stagedoor.rules.trap import trap_path
from stagedoor.rules.vocabulary import Known

STANCE = "stance.yaml"
CATALOGUE_FOLDERS = frozenset({"crawlers", "clients"})
FOLDERS = CATALOGUE_FOLDERS | {PROFILES}
"""The folders of a rules directory that are read."""


@dataclass(frozen=True)
class Policy:
    """Everything a decision needs.

    `rules` are as written, in their order; `advice` is what is legal and still worth reporting.
    """

    stance: Stance
    catalogue: Catalogue
    matcher: Matcher
    rules: tuple[Rule, ...]
    advice: tuple[Problem, ...]
    provable: Mapping[str, Signature]
    plan: Plan
    _audio_paths: Globs | None
    _profile: Profile | None = None
    profiles: Mapping[str, ProfileFile] = field(default_factory=dict)
    """The site profiles there are."""
    families: Families = field(default_factory=Families)
    referrers: Referrers = field(default_factory=Referrers)
    offers: OfferFile = NO_OFFERS
    listed: Mapping[str, Source] = field(default_factory=dict)
    """The catalogue's files."""
    robots_tokens: Mapping[str, str] = field(default_factory=dict)
    """What each client is called in a robots.txt."""
    place: Location = field(default_factory=lambda: Location(STANCE))
    """Where the stance stands."""

    def identify(self, agent: str) -> Client:
        """Whom a User-Agent header claims to be."""
        return self.matcher.identify(agent)

    def classify(self, path: str, target: str | None = None) -> Resource:
        """What a request is about: its normalised path, and its target as sent where there is one."""
        if len(path) + len(target or "") <= MAX_CACHED:
            return self._classify(path, target)
        return classify(path, self._audio_paths, target, self._profile)

    @cached_property
    def _classify(self) -> Callable[[str, str | None], Resource]:
        """Recordings are asked for again and again: a site's paths are looked at once."""
        paths, profile = self._audio_paths, self._profile
        return lru_cache(CACHED_TEXTS)(lambda path, target: classify(path, paths, target, profile))

    def claim(self, agent: str, signer: str = "") -> Client:
        """Who a request claims to come from; `signer` is the origin that has provably signed it:
        that one is known by its signature, whatever its user agent says.
        """
        client = self.matcher.identify(agent)
        return self._signed_by(signer, client) if signer else client

    @property
    def signers(self) -> tuple[str, ...]:
        """The origins whose signatures the catalogue knows (Web Bot Auth)."""
        ways = (signature.proof.web_bot_auth for signature in self.provable.values())
        return tuple(sorted(filter(None, set(ways))))

    def signs(self, client: Client) -> bool:
        """Whether this client is known to sign its requests (Web Bot Auth)."""
        known = self.provable.get(client.name)
        return known is not None and bool(known.proof.web_bot_auth)

    def _signed_by(self, signer: str, claimed: Client) -> Client:
        """The client that signs as `signer`; `claimed` where it is that one, or nobody known."""
        signing = [s for s in self.provable.values() if s.proof.web_bot_auth == signer]
        if not signing or any(s.name == claimed.name for s in signing):
            return claimed
        return client_of(signing[0])

    @property
    def in_force(self) -> int:
        """How many rules the stance leaves in force."""
        return self.plan.in_force

    @property
    def uses(self) -> frozenset[str]:
        """The fields that the rules in force look at, such as `request.address`."""
        return self.plan.uses

    @property
    def counts(self) -> bool:
        """Whether a rule asks for counts of a client's requests, or the rest of what it has done
        before, besides what it was sent of recordings.
        """
        return self.plan.counts

    @cached_property
    def passes(self) -> Globs | None:
        """The paths whose recordings need a pass; None where none do."""
        paths = self.stance.passes.paths
        return Globs(paths) if paths else None

    @cached_property
    def rules_about_passes(self) -> frozenset[str]:
        """The rules, by id, that ask whether a request shows a pass."""
        return frozenset(
            rule.id
            for rule in self.rules
            if any(leaf.name == "request.pass" for leaf in leaves(rule.condition))
        )

    @property
    def challenges(self) -> bool:
        """Whether a rule that the stance leaves in force challenges."""
        return self.plan.challenges

    @cached_property
    def trap(self) -> str:
        """The path of the trap link; empty where there is none."""
        return trap_path(self.stance)

    @property
    def listens(self) -> bool:
        """Whether a rule asks for what a client was sent of recordings, or passes a sentence."""
        return self.plan.listens

    def assuming(self, words: Mapping[str, str]) -> Policy:
        """The same policy under the shipped stance, changed by `words` (`stance.ai.train: no`).

        For cases: they test a rule, whatever the artist's own stance says today.
        """
        stance = Stance()
        for name, word in words.items():
            if name == PASSES:
                needing = Passes(paths=("/**",) if word == "yes" else ())
                stance = stance.model_copy(update={"passes": needing})
                continue
            _, group, field = name.split(".")
            part = getattr(stance, group).model_copy(update={field: word})
            stance = stance.model_copy(update={group: part})
        says, amounts = stance.words(), stance.amounts()
        rules = tuple(
            rule
            if (changed := restated(rule.condition, says, amounts)) is rule.condition
            else replace(rule, condition=changed)
            for rule in self.rules
        )
        plan = Plan(rules, self.plan)
        return replace(
            self, stance=stance, rules=rules, plan=plan, advice=(), _audio_paths=None, _profile=None
        )


def load_policy(
    sources: Iterable[Source],
    second: Second | None = None,
    before: Policy | None = None,
    site: str = "",
) -> Policy:
    """The policy in a rules directory's files, named by their path inside it; that of `site`, where
    they are those of several.

    `second` looks once more at whom the catalogue takes for a browser, or does not know. What is in
    `before` and unchanged is taken from there: a catalogue takes much longer to read than rules.

    Raises ConfigError with every mistake in every file.
    """
    problems: list[Problem] = []
    files = {source.inside or source.path: source for source in sources}
    listed = {p: s for p, s in sorted(files.items()) if _folder(p) in CATALOGUE_FOLDERS}
    documents = {
        place: document
        for place, source in sorted(files.items())
        if place not in listed and (document := parse(source, problems)) is not None
    }
    stance_at = documents.pop(STANCE, None)
    if site:
        stance_at = merged(stance_at, documents.pop(stance_file(site), None), site, problems)
    stance = read_stance(stance_at, problems) if stance_at else Stance()
    found = [documents.pop(p) for p in list(documents) if _folder(p) == PROFILES]
    profiles = read_profiles(found, problems)
    named_at = stance_at.at(("site", "profile")) if stance_at else Location(STANCE)
    profile = chosen(stance.site.profile, profiles, named_at, problems)
    families = read_families(documents.pop(FINGERPRINTS, None), problems)
    referrers = read_referrers(documents.pop(REFERRERS, None), problems)
    offers = read_offers(documents.pop(OFFERS, None), problems)
    if before is not None and before.listed == listed:
        catalogue, matcher = before.catalogue, before.matcher
    else:
        parsed = [parse(source, problems) for source in listed.values()]
        catalogue = read_catalogue([d for d in parsed if d is not None], problems)
        matcher = Matcher(catalogue, second, OWN)
    # A slip in the catalogue must not make every rule wrong that names one of its crawlers.
    known = Known(
        stance.words(),
        choices(),
        catalogue.names if not problems else frozenset(),
        catalogue.operators if not problems else frozenset(),
        stance.amounts(),
        stance.publish.address,
    )
    notes = tuple(advice(stance, stance_at)) if stance_at else ()
    rule_files = tuple(documents.values())
    policy = _build(stance, known, catalogue, matcher, rule_files, (), problems)
    if problems:
        raise ConfigError(problems)
    place = stance_at.at(()) if stance_at else Location(STANCE)
    notes = (*notes, *lint(policy.rules, policy.plan, stance, catalogue, place))
    tokens = {s.name: s.robots_token for s in catalogue.signatures}
    return replace(
        policy,
        families=families,
        referrers=referrers,
        offers=offers,
        listed=listed,
        advice=notes,
        robots_tokens=tokens,
        profiles=profiles,
        _profile=profile,
        place=place,
    )


def _build(
    stance: Stance,
    known: Known,
    catalogue: Catalogue,
    matcher: Matcher,
    rule_files: Sequence[Document],
    notes: tuple[Problem, ...],
    problems: list[Problem],
) -> Policy:
    rules = [rule for document in rule_files for rule in read_rules(document, known, problems)]
    problems.extend(repeated_ids(rules))
    return Policy(
        stance=stance,
        catalogue=catalogue,
        matcher=matcher,
        rules=tuple(rules),
        advice=notes,
        provable=catalogue.provable,
        plan=Plan(rules),
        _audio_paths=Globs(stance.audio.paths) if stance.audio.paths else None,
    )


def _folder(place: str) -> str:
    return place.partition("/")[0] if "/" in place else ""


def observed(verdict: Verdict) -> Verdict:
    """`verdict` as observe mode carries it out: what would refuse is only written down."""
    return note(verdict) if verdict.refused or verdict.delayed else verdict
