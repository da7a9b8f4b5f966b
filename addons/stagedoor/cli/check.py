"""`stagedoor check`: do the rules load, and do their cases hold?"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from stagedoor import house
from stagedoor.rules.cases import run_cases, run_examples


def run(folder: Path | None) -> int:
    """Print what was found; 0 where everything holds, 1 otherwise."""
    began = time.perf_counter()
    policy = house.load(folder)  # a ConfigError lists its mistakes in main()
    cases, failed = run_cases(policy)
    examples, mistaken = run_examples(policy)
    for failure in [*failed, *mistaken]:
        print(failure, file=sys.stderr)
    for note in policy.advice:
        print(f"{note}")
    took = time.perf_counter() - began
    print(
        f"{len(policy.rules)} rules, {policy.in_force} in force; "
        f"{len(policy.catalogue.signatures):,} crawlers and clients by "
        f"{policy.matcher.tokens:,} signatures."
    )
    broken = len(failed) + len(mistaken)
    print(
        f"{cases - len(failed):,} of {cases:,} cases and {examples - len(mistaken):,} of "
        f"{examples:,} example agents hold ({took:.1f} s)."
    )
    return 1 if broken else 0
