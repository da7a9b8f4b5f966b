"""Sixty pairs of terms, made up and varied by numbered seeds: what happened to each is known.

The words are our own. `KINDS` says how many pairs of each kind there are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

KINDS = {
    "formatting": 10,
    "date": 10,
    "added": 8,
    "removed": 8,
    "reworded": 8,
    "moved": 8,
    "language": 8,
}
PLAIN = {
    "en": (
        "These rules are an agreement between you and the people who run this player for music.",
        "You keep all the rights that you have in your recordings, and nobody takes them from you.",
        "We may close an account that is used to break the law or to disturb others; we say why.",
        "A subscription runs for one month and goes on until you end it in your account.",
        "If one of these sentences turns out to be void, the others stay as they are.",
        "You must be at least sixteen years old, or have a parent who agrees with these rules.",
        "Please write to our office if you think that a recording was uploaded without a right to it.",
        "The courts at the place of our office decide if you and we cannot settle something.",
    ),
    "de": (
        "Diese Regeln sind eine Vereinbarung zwischen Ihnen und den Leuten, die den Dienst betreiben.",
        "Sie behalten alle Rechte an Ihren Aufnahmen, und niemand nimmt sie Ihnen weg.",
        "Wir können ein Konto schließen, mit dem gegen das Gesetz verstoßen wird, und sagen warum.",
        "Ein Abonnement läuft einen Monat und geht weiter, bis Sie es in Ihrem Konto beenden.",
        "Ist einer dieser Sätze unwirksam, so bleiben die anderen bestehen, wie sie sind.",
        "Sie müssen mindestens sechzehn Jahre alt sein oder die Erlaubnis der Eltern haben.",
        "Schreiben Sie uns, wenn eine Aufnahme ohne das Recht dazu hochgeladen worden ist.",
        "Die Gerichte am Ort unseres Büros entscheiden, wenn wir uns nicht einigen.",
    ),
    "fr": (
        "Ces règles sont un contrat entre vous et les personnes qui font vivre ce lecteur de musique.",
        "Vous gardez tous les droits sur vos enregistrements et personne ne vous les prend.",
        "Nous pouvons fermer un compte qui sert à enfreindre la loi, et nous disons pourquoi.",
        "Un abonnement dure un mois et continue jusqu'à ce que vous y mettiez fin dans votre compte.",
        "Si une de ces phrases est nulle, les autres restent comme elles sont dans le contrat.",
        "Vous devez avoir au moins seize ans, ou un parent qui est d'accord avec ces règles.",
        "Écrivez à notre bureau si un enregistrement a été mis en ligne sans le droit de le faire.",
        "Les tribunaux du lieu de notre bureau décident si nous ne trouvons pas de solution.",
    ),
    "es": (
        "Estas reglas son un contrato entre usted y las personas que llevan este servicio de música.",
        "Usted conserva todos los derechos sobre sus grabaciones y nadie se los quita.",
        "Podemos cerrar una cuenta que se usa para infringir la ley, y decimos por qué.",
        "Una suscripción dura un mes y sigue hasta que usted la termine en su cuenta.",
        "Si una de estas frases es nula, las otras quedan como están en el contrato.",
        "Debe tener al menos dieciséis años, o un padre que esté de acuerdo con las reglas.",
        "Escriba a nuestra oficina si una grabación fue subida sin el derecho de hacerlo.",
        "Los tribunales del lugar de nuestra oficina deciden si no llegamos a una solución.",
    ),
}
AI = {
    "en": (
        ("You agree that your recordings may be used to inform and train machine learning models.", "grants-platform"),
        ("Business partners may use your uploads to train generative models of their own.", "grants-third-parties"),
        ("Nobody may use recordings from this service to train artificial intelligence.", "forbids"),
        ("If you do not want your uploads to train our AI, you can opt out in your account.", "opt-out"),
    ),
    "de": (
        ("Sie sind einverstanden, dass Ihre Aufnahmen zum Trainieren künstlicher Intelligenz genutzt werden.", "grants-platform"),
        ("Ausgewählte Partner dürfen mit Ihren Aufnahmen generative Modelle trainieren.", "grants-third-parties"),
        ("Niemand darf mit Aufnahmen aus diesem Dienst KI trainieren.", "forbids"),
        ("Dem KI-Training mit Ihren Aufnahmen können Sie im Konto widersprechen.", "opt-out"),
    ),
    "fr": (
        ("Vous acceptez que vos enregistrements servent à entraîner des modèles d'intelligence artificielle.", "grants-platform"),
        ("Certains partenaires peuvent entraîner leur IA avec vos enregistrements.", "grants-third-parties"),
        ("Il est interdit d'entraîner une IA avec les enregistrements de ce service.", "forbids"),
        ("Vous pouvez vous opposer à l'entraînement d'IA avec vos enregistrements.", "opt-out"),
    ),
    "es": (
        ("Usted acepta que sus grabaciones sirvan para entrenar modelos de inteligencia artificial.", "grants-platform"),
        ("Algunos socios pueden entrenar su IA con las grabaciones.", "grants-third-parties"),
        ("Se prohíbe entrenar IA con grabaciones de este servicio.", "forbids"),
        ("Puede oponerse al entrenamiento de IA con sus grabaciones.", "opt-out"),
    ),
}  # fmt: skip
REWORDED = {
    "en": ", in all countries and for all time.",
    "de": ", in allen Ländern und für alle Zeit.",
    "fr": ", dans tous les pays et pour toujours.",
    "es": ", en todos los países y para siempre.",
}
DATES = {
    "en": ("Last updated: {d} {m} {y}", ("March", "August", "November")),
    "de": ("Zuletzt aktualisiert: {d}. {m} {y}", ("März", "August", "November")),
    "fr": ("Dernière mise à jour : {d} {m} {y}", ("mars", "août", "novembre")),
    "es": ("Última actualización: {d} de {m} de {y}", ("marzo", "agosto", "noviembre")),
}


@dataclass(frozen=True)
class Pair:
    """Two pages, and what a reader of both would say."""

    name: str
    kind: str
    before: str
    after: str
    clause: str = ""
    """The class of the clause that came, went, was reworded or moved."""


def date(language: str, number: int) -> str:
    text, months = DATES[language]
    return text.format(d=3 + number % 20, m=months[number % 3], y=2024 + number % 3)


def page(paragraphs: list[str], dated: str, style: int = 0) -> str:
    """A page with the text in `main`, written in one of four ways."""
    if style == 1:  # a list, other quotes and spaces
        body = (
            "<ol>"
            + "".join(
                f"<li>{i}. <b>{escape(p).replace(' ', chr(10) + '  ', 2)}</b></li>"
                for i, p in enumerate(paragraphs, 1)
            )
            + "</ol>"
        )
    elif style == 2:  # two paragraphs in one
        body = "".join(
            f"<div class=x{i}>{escape(' '.join(paragraphs[i : i + 2]))}</div>"
            for i in range(0, len(paragraphs), 2)
        )
    elif style == 3:  # soft hyphens, non-breaking spaces, entities
        body = "".join(
            f"<p>{escape(p).replace('ing', '&shy;ing').replace(' you ', '&nbsp;you ').replace(chr(39), '&rsquo;')}</p>"
            for p in paragraphs
        )
    else:
        body = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>Terms</title></head><body>"
        f"<nav>Menu {style}</nav><main><p>{escape(dated)}</p>{body}</main><footer>f</footer></body></html>"
    )  # fmt: skip


def pairs() -> Iterator[Pair]:
    """All of them, the same every time."""
    for kind, count in KINDS.items():
        for number in range(count):
            yield _pair(kind, number)


def _pair(kind: str, number: int) -> Pair:
    chance = random.Random(f"{kind} {number}")
    language = ("en", "de", "fr", "es")[number % 4]
    plain = [*PLAIN[language]]
    chance.shuffle(plain)
    sentence, clause = AI[language][chance.randrange(4)]
    place = chance.randrange(1, len(plain) - 1)
    with_ai = [*plain[:place], sentence, *plain[place:]]
    other_date = date(language, number + 1)
    old = date(language, number)
    new = chance.choice((old, other_date))
    before = page(with_ai, old)
    if kind == "formatting":
        return Pair(f"{kind}-{number}", kind, before, page(with_ai, old, 1 + number % 3))
    if kind == "date":
        return Pair(f"{kind}-{number}", kind, before, page(with_ai, other_date, number % 4))
    if kind == "added":
        return Pair(
            f"{kind}-{number}", kind, page(plain, old), page(with_ai, new, number % 2 * 3), clause
        )
    if kind == "removed":
        return Pair(f"{kind}-{number}", kind, before, page(plain, new, number % 2 * 3), clause)
    if kind == "reworded":
        changed = sentence.removesuffix(".") + REWORDED[language]
        after = [changed if p == sentence else p for p in with_ai]
        return Pair(f"{kind}-{number}", kind, before, page(after, new), clause)
    if kind == "moved":
        after = [p for p in with_ai if p != sentence]
        after = [*after, sentence] if place < 4 else [sentence, *after]
        return Pair(f"{kind}-{number}", kind, before, page(after, new), clause)
    other = ("en", "de", "fr", "es")[(number + 1 + number // 4) % 4]
    other = other if other != language else ("de" if language != "de" else "fr")
    return Pair(
        f"{kind}-{number}", kind, before, page([*PLAIN[other]], date(other, number)), clause
    )
