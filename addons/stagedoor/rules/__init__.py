"""What happens: rules as data, decided by a small typed vocabulary.

vocabulary.py   the words a condition may use, their types, and how each is compiled
rule.py         rules/NN-*.yaml → Rule
policy.py       stance, catalogue and rules as one: Request → Client, Resource, Verdict
cases.py        the examples every rule carries, run against the policy
"""
