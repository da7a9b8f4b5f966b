"""A case of a rule, as written."""

from __future__ import annotations

import pytest

from making import mistakes, rules
from rulefiles import HEAD


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("ip: home", '"home" is not an address — write for example 192.0.2.7'),
        ("traits: [bare-browsr]", 'there is no trait "bare-browsr" — did you mean "bare-browser"?'),
        ("behaviour: {tripped: maybe}", "tripped must be true or false"),
        ("after: {from_addresses: 0}", "from_addresses"),
    ],
)
def test_a_mistake_in_a_case_is_reported_with_a_fix(case: str, line: str) -> None:
    text = HEAD + f"  then: block\n  cases: [{{ua: x, get: /, expect: block, {case}}}]"
    (found,) = mistakes({"10-test.yaml": text})
    assert found.startswith("10-test.yaml:4:")
    assert line in found


def test_an_address_of_a_case_is_kept_in_one_spelling() -> None:
    text = HEAD + "  then: block\n  cases: [{ua: x, get: /, expect: block, ip: '2001:DB8:0::1'}]"
    assert rules(text).rules[0].cases[0].ip == "2001:db8::1"
