"""JSON Schema of values that a type checks with code of its own.

A schema cannot see into a validator, so SHAPES says of each what it comes to for an editor. One that
has no line there is an error, so that nobody adds a check and forgets the editors.

Draft-07 is what the YAML language server (VS Code, Neovim, Helix, Kate …) has always understood;
`errorMessage` and `enumDescriptions` are extensions of it that other programs pass over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from stagedoor.config.schema import Model
from stagedoor.identify.traits import TRAIT_NAMES, TRAITS
from stagedoor.model import actions, edges, facts
from stagedoor.model.units import BYTES, SECONDS
from stagedoor.rules import captions, rule
from stagedoor.rules.fields import TOLD

Schema = dict[str, Any]
HERE = "#/definitions/"

AS_BOOLEAN: Schema = {"not": {"type": ["string", "number", "object", "array", "null"]}}
"""`true`, which YAML 1.1 makes of `yes`: accepted, but not offered as `type: boolean` would be."""
_OTHERWISE: Schema = {
    "not": {"type": ["number", "object", "array", "null"]},
    "pattern": "^(allow|block)$",
}
"""The other spellings of an answer: these two words, and booleans. Not offered either."""


def _measured(units: Iterable[str], message: str) -> Schema:
    """Numbers with a unit behind each; units in letters of either case."""
    names = "|".join("".join(f"[{c}{c.upper()}]" for c in unit) for unit in units)
    return {
        "type": "string",
        "pattern": rf"^\s*([0-9]+(\.[0-9]+)?\s*({names})\s*)+$",
        "errorMessage": message,
    }


YES_NO: Schema = {"anyOf": [{"type": "string", "enum": ["yes", "no"]}, AS_BOOLEAN]}
DURATION = _measured(SECONDS, "write for example 10s, 5m or 1h 30m")
SIZE = _measured(BYTES, "write for example 500MB or 2GB")
_PATH: Schema = {"pattern": "^/", "errorMessage": "a path begins with /"}
NETWORK: Schema = {
    "pattern": r"^\s*[0-9A-Fa-f:.]*[:.][0-9A-Fa-f:.]*(/[0-9.]+)?\s*$",
    "errorMessage": "write for example 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
}
PROXY: Schema = {
    "anyOf": [
        {"enum": list(edges.TRUSTED_WORDS)},
        NETWORK,
    ]
}
"""An address, or a network of edges by its name."""
_PORT = "([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_FILLED: Schema = {"pattern": r"\S"}


def one_of(words: Mapping[Any, str]) -> Schema:
    """One of `words`, each with its meaning."""
    return {"type": "string", "enum": list(words), "enumDescriptions": list(words.values())}


def one_or_many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def answer(words: Sequence[str]) -> Schema:
    return one_of({word: captions.ANSWERS[word] for word in words})


def switch(words: Sequence[str]) -> Schema:
    """Whether a piece is done or left out."""
    return one_of({word: captions.SWITCH[word] for word in words})


def _then(whole: Schema) -> Schema:
    """`block`, for every action with nothing to choose, or the action with its fields."""
    short = {word: help_ for word, help_ in captions.of_actions().items() if _stands_alone(word)}
    return {"anyOf": [one_of(short), whole]}


def _stands_alone(action: str) -> bool:
    try:
        rule.forms().then.model_validate({action: {}})
    except ValidationError:
        return False
    return True


def _entry(entry: Schema) -> Schema:
    """`token` or `tokens`, and neither of nothing."""
    entry["properties"]["token"] |= _FILLED
    entry["properties"]["tokens"] |= {"minItems": 1}
    entry["properties"]["tokens"]["items"] |= _FILLED
    return entry | {
        "if": {"required": ["tokens"]},
        "then": {"properties": {"token": False}},
        "else": {"required": ["token"]},
    }


Shape = Schema | Callable[[Schema], Schema]
SHAPES: Mapping[str, Shape] = {
    "config.schema._tuple": {},
    "config.schema._one_or_many": lambda many: {"anyOf": [many["items"], many]},
    "model.units.duration": lambda _: DURATION,
    "model.units.size": lambda _: SIZE,
    "config.stance_values._yes_no": lambda one: {"anyOf": [answer(one["enum"]), _OTHERWISE]},
    "config.stance_values._switch": lambda one: {
        "anyOf": [switch(one["enum"]), {"type": "boolean"}]
    },
    "config.stance_values._absolute": _PATH,
    "config.address_values.proxy_word": PROXY,
    "config.site_names.host_name": {
        "pattern": r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$",
        "errorMessage": "write a name without a port: music.example.org",
    },
    "config.site_names.site_names": lambda _: {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
        "additionalProperties": {},
    },
    "config.stance.Artist._reachable": {
        "pattern": "^(mailto:|https?://|$)",
        "errorMessage": "begin with mailto: or https://",
    },
    "config.stance.Site._address": {
        "pattern": r"^(https?://[^/?#\s]+/?)?$",
        "errorMessage": "write the site alone: http://localhost:8000",
    },
    "config.stance.Publish._address": {
        "pattern": r"^(https?://[^/?#\s]+/?)?$",
        "errorMessage": "write the site alone: https://music.example.org",
    },
    "config.stance.Site._store": {
        "pattern": r"^((valkey|redis)s?://[^/?#\s]+.*|unix:.*)?$",
        "errorMessage": "write the server: valkey://127.0.0.1:6379",
    },
    "config.stance.Site._listen": {
        "type": ["string", "integer"],
        "pattern": rf"^((.*:)?{_PORT})?$",
        "maximum": 65535,
        "minimum": 0,
        "errorMessage": "write 0.0.0.0:8080 or just 8080",
    },
    "config.stance_values._over_nothing": {"minimum": 1},
    "config.offers.OfferFile._address": {
        "pattern": r"^(https?://[^?#\s]+)?$",
        "errorMessage": "write its address: https://licences.example",
    },
    "config.offers.Offer._link": {
        "pattern": "^(mailto:|https://)",
        "errorMessage": "begin with mailto: or https://",
    },
    "identify.catalogue.Contact._link": {
        "pattern": "^(mailto:|https://)",
        "errorMessage": "begin with mailto: or https://",
    },
    "identify.catalogue.Proof._is_an_origin": {
        "pattern": r"^(https://[^/?#@\s]+/?)?$",
        "errorMessage": "write https://signer.example, no path",
    },
    "identify.catalogue.Entry._has_a_token": _entry,
    "identify.referrers.Service._plain": {
        "items": {"type": "string", "pattern": r"^[^/A-Z*]+(\.\*)?$"},
    },
    "identify.tls_families.Seen._shaped": {
        "pattern": r"^\s*[a-z0-9]+_[0-9a-f]{12}_[0-9a-f]{12}\s*$",
        "errorMessage": "they look like t13d1517h2_8daaf6152771_cb7bf5808d99",
    },
    "identify.tls_families.Seen._text": {"type": ["string", "number"]},
    "identify.tls_families.Family._something": {"minItems": 1},
    "resources.site_profiles.PathEntry._absolute": _PATH,
    "rules.written_values._absolute": _PATH,
    "rules.written_values._trait": lambda _: one_of(MEANINGS[TRAIT_NAMES]),
    "rules.written_values._address": NETWORK,
    "rules.written_values._yes_no": lambda _: YES_NO,
    "rules.written_action._delay": {},
    "rules.written_action._short": {},
    "rules.written_action.read_then": _then,
    "rules.written_action.Throttle._says_how_much": {
        "oneOf": [
            {"anyOf": [{"required": ["requests"]}, {"required": ["retry_after"]}]},
            {"required": ["for"]},
        ]
    },
    "rules.rule.Written._permanent": {
        "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
        "errorMessage": "an id is words in lower case, like ai-training-off",
    },
}
"""For every check the types make with code of their own: what it comes to in a schema. Added to what
the type says by itself, or made from that."""

MEANINGS: Mapping[tuple[str, ...], Mapping[Any, str]] = {
    facts.PURPOSES: captions.PURPOSES,
    facts.KINDS: captions.KINDS,
    facts.FORMS: captions.FORMS,
    facts.PROOFS: captions.PROOFS,
    facts.CREDENTIALS: captions.CREDENTIALS,
    facts.LICENCE_STANDINGS: captions.LICENCES,
    facts.PASS_STANDINGS: captions.PASSES,
    facts.SENT_FROM: captions.SENDERS,
    facts.CHALLENGE_STANDINGS: captions.CHALLENGES,
    facts.MODES: captions.MODES,
    ("yes", "no"): {"yes": "it does", "no": "it does not"},
    TOLD: captions.TOLD,
    TRAIT_NAMES: {trait.name: trait.help for trait in TRAITS},
}
"""Choices, and what each of them means."""


class _Writer(GenerateJsonSchema):
    """pydantic's own generator, less what a reader of hovers has no use for."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        return _shaped(schema["function"]["function"], super().function_before_schema(schema))

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> Schema:
        return _shaped(schema["function"]["function"], super().function_after_schema(schema))

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        """A field that may be left out; one without a value is a line not finished."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """No defaults: the language server would put `no` and `"no"` on one line."""
        return self.generate_inner(schema["schema"])

    def literal_schema(self, schema: core_schema.LiteralSchema) -> Schema:
        words = tuple(schema["expected"])
        meanings = captions.of_actions() if words == actions.words() else MEANINGS.get(words)
        return one_of(meanings) if meanings else super().literal_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (pydantic's signature)
        return False


def _shaped(function: Any, inner: Schema) -> Schema:
    """`inner` as the check `function` leaves it; KeyError where nobody has said how."""
    name = f"{function.__module__.removeprefix('stagedoor.')}.{function.__qualname__}"
    shape = SHAPES[name]
    return shape(inner) if callable(shape) else {**inner, **shape}


def schema_of(root: type[Model], *parts: type[Model]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of `root` and those of its `parts` by name, with everybody's captions."""
    whole = root.model_json_schema(schema_generator=_Writer, ref_template=HERE + "{model}")
    definitions: dict[str, Schema] = whole.pop("$defs", {})
    for kind in (root, *parts):
        found = whole if kind is root else definitions[kind.__name__]
        found.pop("title")  # a class's name, which says nothing to whom it is shown
        for name, text in captions.of(kind).items():
            found["properties"][name]["description"] = text
    return whole, definitions
