"""An observer with everything it needs, from parsed files: for the watch and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stagedoor.identify.catalogue import Catalogue
from stagedoor.load import platform_folder
from stagedoor.model.errors import Problem
from stagedoor.platforms.clauses import TermsRules, read_terms_rules
from stagedoor.platforms.kept_texts import History
from stagedoor.platforms.observer import Observer, Tell
from stagedoor.platforms.profiles import Profiles, read_profiles
from stagedoor.signals.meaning import USES_OF, Use


def read_rules(folder: Path | None, hosts: Sequence[str]) -> tuple[Profiles, TermsRules]:
    """Profiles and rules for terms; ConfigError with every mistake in them."""
    problems: list[Problem] = []
    profiles = read_profiles(
        platform_folder.documents(folder, platform_folder.PLATFORMS, problems), hosts, problems
    )
    rules = read_terms_rules(
        platform_folder.documents(folder, platform_folder.TERMS, problems), problems
    )
    platform_folder.raise_if_any(problems)
    return profiles, rules


def observer(
    folder: Path | None, hosts: Sequence[str], state: Path, tell: Tell, *, create: bool = True
) -> Observer:
    """An observer that keeps its history in `state`. Raises StagedoorError."""
    profiles, rules = read_rules(folder, hosts)
    return Observer(profiles, rules, History(state, create=create), tell)


def crawlers(catalogue: Catalogue) -> Mapping[str, Use]:
    """What each known robots token comes for, in the main."""
    found: dict[str, Use] = {}
    for signature in catalogue.signatures:
        uses = [USES_OF[purpose] for purpose in signature.purposes if purpose in USES_OF]
        if uses:
            found[signature.robots_token] = uses[0]
    return found
