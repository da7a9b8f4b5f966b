"""Rules as data, with a small typed vocabulary of conditions.

rule.py          rules/NN-*.yaml → Rule; written_action, written_case: what stands in one;
                 written_values: the values of its words
vocabulary.py    what stands under `when`, read into a condition
fields.py        the table of words a condition may compare
conditions.py    conditions as trees: test, narrow, compare
plan.py          the rules that can still hold for a client and a kind of resource
policy.py        stance, catalogue and rules as one: Request → Client, Resource, Verdict
implication.py   what follows from a condition, without a request
lint.py          advice: what is legal and surely a mistake
json_schema.py   JSON Schemas for editors; value_schema.py and captions.py are their parts
"""
