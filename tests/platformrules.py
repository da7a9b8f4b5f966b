"""The shipped profiles and rules for terms, read once; and what else tests of platforms share."""

from __future__ import annotations

from functools import cache

from stagedoor.load import platform_folder
from stagedoor.model.errors import Problem
from stagedoor.platforms.clauses import TermsRules, read_terms_rules
from stagedoor.platforms.extraction import page_text
from stagedoor.platforms.normal_text import Version, version
from stagedoor.platforms.profiles import Profiles, read_profiles


@cache
def rules() -> TermsRules:
    problems: list[Problem] = []
    found = read_terms_rules(platform_folder.documents(None, "terms", problems), problems)
    assert problems == []
    return found


@cache
def profiles(*hosts: str) -> Profiles:
    problems: list[Problem] = []
    documents = platform_folder.documents(None, "platforms", problems)
    found = read_profiles(documents, hosts, problems)
    assert problems == []
    return found


def read(html: str) -> Version:
    """A page's text, as the watch would keep it."""
    return of(page_text(html.encode(), "utf-8", (), ()))


def of(blocks: list[str]) -> Version:
    return version(blocks, rules().calendar, rules().common)
