"""`stagedoor check`: do the rules load, and do their cases hold?"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from stagedoor.cli.invocation import as_called
from stagedoor.cli.publish import check_robots
from stagedoor.cli.shared_options import RULES, add_site
from stagedoor.cli.site_choice import which
from stagedoor.cli.slow_notice import notice
from stagedoor.config.site_stances import hosts_of
from stagedoor.engine.cases import Failure, run_cases, run_examples
from stagedoor.fronts.blind_spots import in_check
from stagedoor.load import rule_folder
from stagedoor.load.site_policies import load_sites
from stagedoor.model.errors import ConfigError, Problem, StagedoorError
from stagedoor.platforms import opening
from stagedoor.platforms.clauses import TermsRules
from stagedoor.platforms.platform_cases import run_platform_cases
from stagedoor.platforms.profiles import Profiles
from stagedoor.publish.publication import published
from stagedoor.rules.policy import Policy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("rules", nargs="?", type=Path, metavar="DIR", help=RULES)
    add_site(parser)
    parser.add_argument(
        "--robots", type=Path, metavar="FILE", help="your site's robots.txt (-: from a pipe)"
    )


def run(options: argparse.Namespace) -> int:
    """Print what was found; 0 where everything holds, 1 otherwise.

    `options.robots` is a site's own robots.txt, to be compared with the stance.
    """
    began = time.perf_counter()
    with notice("reading the rules, and trying every case and example in them"):
        policy, profiles, terms = _loaded(options.rules)
        sites = load_sites(options.rules, policy)
        cases, failures = run_cases(policy)
        for own in sites.values():
            if own.rules != policy.rules and _adds_rules(own, policy):
                more, failing = run_cases(own)
                cases, failures = cases + more, [*failures, *failing]
        examples, mistaken = run_examples(policy)
    overruled = [f for f in failures if overrules(f)]
    failed = [f for f in failures if not overrules(f)]
    platform_cases, unmet = run_platform_cases(profiles, terms)
    for line in [*failed, *mistaken, *unmet]:
        print(line, file=sys.stderr)
    for failure in overruled:
        print(f"{failure.by}: a rule of yours overrules a shipped one, as it may:\n  {failure}")
    each = list(sites.values()) or [policy]
    for text in dict.fromkeys(f"{note}" for one in each for note in one.advice):
        print(text)
    for text in dict.fromkeys(in_check(one.stance) for one in each):
        if text:
            print(text)
    took = time.perf_counter() - began
    print(
        f"{len(policy.rules)} rules, {policy.in_force} in force; "
        f"{len(policy.catalogue.signatures):,} crawlers and clients by "
        f"{policy.matcher.tokens:,} signatures."
    )
    print(
        f"{cases - len(failures):,} of {cases:,} cases and {examples - len(mistaken):,} of "
        f"{examples:,} example agents hold ({took:.1f} s)."
    )
    print(
        f"{platform_cases - len(unmet):,} of {platform_cases:,} cases of {len(profiles.all)} platforms "
        f"and of terms in {len(terms.languages)} languages hold."
    )
    for name, own in sites.items():
        where = own.stance.site.upstream or "an upstream that is named at the start"
        hosts = ", ".join(hosts_of(own.stance))
        print(f"Site {name}: {hosts} at {where}; {len(own.rules)} rules, {own.in_force} in force.")
    against = False
    if options.robots is not None and sites:
        raise StagedoorError(which(tuple(sites)))
    if options.robots is not None:
        against = check_robots(options.robots, published(policy.stance, policy.catalogue))
    elif policy.stance.site.upstream and policy.stance.publish.says("robots"):
        where = f"{policy.stance.site.upstream}/robots.txt"
        print(
            as_called(f"Does your robots.txt agree? curl -s {where} | stagedoor check --robots -")
        )
    return 1 if failed or mistaken or unmet or against else 0


def _adds_rules(own: Policy, shared: Policy) -> bool:
    """Whether a site has other rules than all have: their cases are tried as well."""
    places = {rule.at for rule in shared.rules}
    return any(rule.at not in places for rule in own.rules)


def _loaded(folder: Path | None) -> tuple[Policy, Profiles, TermsRules]:
    """Everything in a rules directory; one ConfigError with the mistakes of all of it."""
    problems: list[Problem] = []
    policy = platforms = None
    try:
        policy = rule_folder.load(folder)
    except ConfigError as error:
        problems += error.problems
    try:
        platforms = opening.read_rules(folder, ())
    except ConfigError as error:
        problems += error.problems
    if policy is None or platforms is None:
        raise ConfigError(problems)  # main() lists them
    return policy, *platforms


def overrules(failure: Failure) -> bool:
    """Whether a case does not hold because somebody's own rule comes before a shipped one."""
    return (
        failure.by is not None
        and rule_folder.is_shipped(failure.at)
        and not rule_folder.is_shipped(failure.by)
    )
