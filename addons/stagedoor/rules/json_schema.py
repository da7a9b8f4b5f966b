"""JSON Schemas of the files people write, so that editors complete, explain and check while typing.

Made from the same types that read the files (`value_schema.py`); the words of `when` follow from
`fields.py`, and the help from `captions.py`. An editor may underline a little more than
`stagedoor check` minds, such as a purpose in capitals or a field that is still empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from stagedoor.config import offers, stance
from stagedoor.identify import catalogue, referrers, tls_families
from stagedoor.model.facts import NOBODY
from stagedoor.resources import site_profiles
from stagedoor.rules import captions, rule, written_action, written_case
from stagedoor.rules.fields import FIELDS, HEADER, Field, FieldKind
from stagedoor.rules.value_schema import (
    AS_BOOLEAN,
    DURATION,
    HERE,
    MEANINGS,
    NETWORK,
    SIZE,
    YES_NO,
    Schema,
    answer,
    one_of,
    one_or_many,
    schema_of,
)

HEADER_LINE = "# yaml-language-server: $schema="
"""Begins the first line of a file; what follows is the way from the file to its schema."""


def schemas(names: Collection[str], operators: Collection[str]) -> Mapping[str, Schema]:
    """The schema of every kind of file, by the schema's own file name.

    `names` and `operators` are a catalogue's: what rules may call clients and those who send them.
    """
    return {
        "stance.json": stance_schema(),
        "rules.json": rules_schema(names, operators),
        "crawlers.json": crawlers_schema(),
        "fingerprints.json": fingerprints_schema(),
        "profiles.json": profiles_schema(),
        "referrers.json": referrers_schema(),
        "licence.json": licence_schema(),
    }


def schema_for(inside: str) -> str:
    """Where the schema is, seen from the file at `inside` in a rules directory."""
    folder, _, name = inside.rpartition("/")
    if folder == site_profiles.FOLDER:
        return "../schema/profiles.json"
    if folder:
        return "../schema/crawlers.json"
    own = {"stance.yaml": "stance.json", tls_families.FILE: "fingerprints.json"}
    own |= {referrers.FILE: "referrers.json", offers.FILE: "licence.json"}
    return f"schema/{own.get(name, 'rules.json')}"


def stance_schema() -> Schema:
    """`stance.yaml`."""
    whole = stance.model()
    parts = (
        *(stance.Artist, stance.Ai, stance.Others, stance.Audio, type(whole().publish)),
        *(stance.Listening, stance.Passes, stance.Evidence, stance.OnError, stance.Site),
    )
    found, definitions = schema_of(whole, *parts)
    # Each site's is a stance of the same form; what it leaves out is in the one around it.
    found["properties"]["sites"]["additionalProperties"] = {
        "anyOf": [{"$ref": "#"}, {"type": "null"}]
    }
    return _file(found, definitions)


def crawlers_schema() -> Schema:
    """Files in `crawlers/` and `clients/`. Each entry has a purpose, or the file has one for all."""
    parts = (catalogue.Entry, catalogue.Proof, catalogue.Examples, catalogue.Contact)
    whole, definitions = schema_of(catalogue.File, *parts)
    each: Schema = {"items": {"required": ["purpose"]}}
    whole["if"] = {"type": "object", "not": {"required": ["purpose"]}}
    whole["then"] = {"properties": {"crawlers": each, "clients": each}}
    return _file(whole, definitions)


def fingerprints_schema() -> Schema:
    """`fingerprints.yaml`."""
    return _file(*schema_of(tls_families.File, tls_families.Family, tls_families.Seen))


def profiles_schema() -> Schema:
    """Files in `profiles/`."""
    parts = (site_profiles.PathEntry, site_profiles.Sign, site_profiles.PathCase)
    return _file(*schema_of(site_profiles.ProfileFile, *parts))


def licence_schema() -> Schema:
    """`licence.yaml`."""
    return _file(*schema_of(offers.OfferFile, offers.Offer))


def referrers_schema() -> Schema:
    """`referrers.yaml`."""
    return _file(*schema_of(referrers.ReferrerFile, referrers.Service))


def rules_schema(names: Collection[str], operators: Collection[str]) -> Schema:
    """Files of rules. Names and operators are suggested, not demanded: people add their own."""
    forms = rule.forms()
    parts = (
        forms.then,
        written_action.Throttle,
        written_action.Block,
        written_action.Challenge,
        forms.case,
        written_case.Lately,
        written_case.Sound,
        written_case.After,
    )
    written, definitions = schema_of(forms.written, *parts)
    definitions["Plain"].pop("title")
    definitions["Then"] |= {"minProperties": 1, "maxProperties": 1}
    written["properties"]["when"]["$ref"] = f"{HERE}when"
    definitions |= {
        "Rule": written,
        "when": _block(),
        "header": {"description": "a header of the request", **_PATTERN},
        "name": _suggested({*names, *NOBODY}),
        "operator": _suggested(operators),
    }
    whole: Schema = {"description": "a list of rules", "items": {"$ref": f"{HERE}Rule"}}
    return _file(whole, definitions, kind="array")


def _file(whole: Schema, definitions: Mapping[str, Schema], *, kind: str = "object") -> Schema:
    """A schema of its own. An emptied file is right: it switches a shipped one off."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **whole,
        "type": [kind, "null"],
        "definitions": dict(definitions),
    }


# -- the vocabulary of `when` ----------------------------------------------------------------------


def _object(properties: Mapping[str, Schema], **more: object) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        **(more or {"required": list(properties)}),
    }


_WORD: Schema = {"type": ["string", "number"], "minLength": 1}
_PATH: Schema = {
    "type": "string",
    "pattern": "^[/*]",
    "errorMessage": "a path begins with /, for example /music/**",
}
_EXPRESSION = _object({"re": one_or_many({"type": "string", "minLength": 1})})
_PATTERN: Schema = {
    "anyOf": [
        one_or_many({"anyOf": [_WORD, _EXPRESSION]}),
        {"description": "whether it is there at all", **_object({"present": YES_NO})},
    ]
}


def _compared(one: Schema) -> Schema:
    """Bounds: one above, one below or both, but not two of the same side; or a stance's number."""
    one = {"anyOf": [one, {"enum": list(stance.model()().amounts())}]}
    return _object(
        {name: one | {"description": text} for name, text in captions.BOUNDS.items()},
        minProperties=1,
        allOf=[
            {"not": {"required": ["over", "at_least"]}},
            {"not": {"required": ["under", "at_most"]}},
        ],
    )


_BY_KIND: Mapping[FieldKind, Schema] = {
    "text": one_or_many(_WORD),
    "path": one_or_many({"anyOf": [_PATH, _EXPRESSION]}),
    "pattern": _PATTERN,
    "network": one_or_many({"type": "string", **NETWORK}),
    "count": _compared({"type": "number"}),
    "size": _compared(SIZE),
    "duration": _compared(DURATION),
}
"""What fields without choices of their own may be compared with."""
_FROM_CATALOGUE = {"client.name": "name", "client.operator": "operator"}


def _block() -> Schema:
    """`when`, and what may stand under its `all`, `any` and `not`: the same again."""
    block: Schema = {"$ref": f"{HERE}when"}
    several: Schema = {"type": "array", "minItems": 1, "items": block}
    groups = {"all": several, "any": several, "not": block}
    return _object(
        {
            **{name: _field(name, field) for name, field in FIELDS.items()},
            **dict(_stance_words()),
            **{name: {"description": captions.GROUPS[name], **groups[name]} for name in groups},
        },
        patternProperties={f"^{HEADER.replace('.', '[.]')}.": {"$ref": f"{HERE}header"}},
    )


def _field(name: str, field: Field) -> Schema:
    what: Schema
    if name in _FROM_CATALOGUE:
        what = one_or_many({"$ref": HERE + _FROM_CATALOGUE[name]})
    elif field.choices:
        what = one_or_many(one_of(MEANINGS[field.choices]))
    else:
        what = _BY_KIND[field.kind]
    return {"description": field.help, **what}


def _stance_words() -> Iterator[tuple[str, Schema]]:
    """`stance.ai.train` and the others, with the answers each may have."""
    questions = {
        **{f"stance.ai.{name}": text for name, text in captions.CAPTIONS[stance.Ai].items()},
        **{
            f"stance.others.{name}": text for name, text in captions.CAPTIONS[stance.Others].items()
        },
    }
    questions[stance.PASSES] = "recordings that need a pass"
    for name, answers in stance.choices().items():
        one = {"anyOf": [answer(answers), AS_BOOLEAN]}
        yield (
            name,
            {"description": f"what the stance says of {questions[name]}", **one_or_many(one)},
        )


def _suggested(words: Collection[str]) -> Schema:
    """Any word; these are offered.

    Editors offer every `enum` there is, but explain a word by the branch it matches: one that never
    does keeps 2,000 names out of the explanation.
    """
    offered = sorted(words, key=lambda word: (word.lower(), word))
    return {"anyOf": [{"enum": offered, "not": {}}, _WORD]}
