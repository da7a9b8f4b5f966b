"""The reasons that `identify.proof` gives, in other languages.

A reason is kept as it was written down, in English: it is evidence. Where it is shown, it is recognised
by its sentence. One that no sentence fits, of an older version perhaps, is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from stagedoor.model.languages import Language
from stagedoor.model.locale_forms import long_day

_Row = tuple[str, str, str, str]
_ROWS: Sequence[_Row] = (
    # English, German, French, Spanish
    (
        "{whose} operator publishes no way to prove it",
        "der Betreiber von {whose} nennt keinen Weg, es zu beweisen",
        "l’exploitant de {whose} ne publie aucun moyen de le prouver",
        "el operador de {whose} no publica ninguna manera de demostrarlo",
    ),
    (
        "the client's address is not known",
        "die Adresse des Clients ist nicht bekannt",
        "l’adresse du client n’est pas connue",
        "no se conoce la dirección del cliente",
    ),
    (
        "the request came through {between}, and {address} may be its address, not the client's",
        "die Anfrage kam über {between}, und {address} ist vielleicht dessen Adresse, nicht die des Clients",
        "la requête est passée par {between}, et {address} est peut-être son adresse, pas celle du client",
        "la solicitud llegó a través de {between}, y {address} puede ser su dirección, no la del cliente",
    ),
    (
        "{address} is not on the Internet: is a proxy in front that is not trusted?",
        "{address} liegt nicht im Internet: Steht ein Proxy davor, dem nicht vertraut wird?",
        "{address} n’est pas sur Internet\N{NO-BREAK SPACE}: y a-t-il devant un proxy qui n’est pas approuvé\N{NARROW NO-BREAK SPACE}?",
        "{address} no está en Internet: ¿hay delante un proxy que no es de confianza?",
    ),
    (
        "the request is not signed",
        "die Anfrage ist nicht signiert",
        "la requête n’est pas signée",
        "la solicitud no está firmada",
    ),
    (
        "signed with a key of {signer}",
        "mit einem Schlüssel von {signer} signiert",
        "signée avec une clé de {signer}",
        "firmada con una clave de {signer}",
    ),
    (
        "signed by {signer}, which does not speak for this claim",
        "signiert von {signer}; diese Stelle steht nicht für diese Behauptung",
        "signée par {signer}, qui ne peut pas répondre de cette affirmation",
        "firmada por {signer}, que no responde por esta afirmación",
    ),
    (
        "its signature does not hold",
        "die Signatur ist ungültig",
        "sa signature n’est pas valable",
        "su firma no es válida",
    ),
    (
        "its signature could not be checked yet",
        "die Signatur konnte noch nicht geprüft werden",
        "sa signature n’a pas encore pu être vérifiée",
        "su firma no se ha podido comprobar todavía",
    ),
    (
        "in {network} of {whose} list of {date}, which is too old to be a proof",
        "in {network} der Liste von {whose} vom {date}, die für einen Beweis zu alt ist",
        "dans {network} de la liste de {whose} du {date}, trop ancienne pour être une preuve",
        "en {network} de la lista de {whose} del {date}, demasiado antigua para ser una prueba",
    ),
    (
        "in {network} of {whose} list of {date}",
        "in {network} der Liste von {whose} vom {date}",
        "dans {network} de la liste de {whose} du {date}",
        "en {network} de la lista de {whose} del {date}",
    ),
    (
        "{whose} list is not at hand ({hosts}): run stagedoor update",
        "die Liste von {whose} liegt nicht vor ({hosts}): stagedoor update ausführen",
        "la liste de {whose} n’est pas disponible ({hosts})\N{NO-BREAK SPACE}: lancez stagedoor update",
        "la lista de {whose} no está disponible ({hosts}): ejecute stagedoor update",
    ),
    (
        "not in {whose} list of {date} ({count} networks?), which is too old to be sure: run stagedoor update",
        "nicht in der Liste von {whose} vom {date} (Netze: {count}), die für Gewissheit zu alt ist: stagedoor update ausführen",
        "pas dans la liste de {whose} du {date} (réseaux\N{NO-BREAK SPACE}: {count}), trop ancienne pour être sûr\N{NO-BREAK SPACE}: lancez stagedoor update",
        "no está en la lista de {whose} del {date} (redes: {count}), demasiado antigua para estar seguro: ejecute stagedoor update",
    ),
    (
        "not in {whose} list of {date} ({count} networks?)",
        "nicht in der Liste von {whose} vom {date} (Netze: {count})",
        "pas dans la liste de {whose} du {date} (réseaux\N{NO-BREAK SPACE}: {count})",
        "no está en la lista de {whose} del {date} (redes: {count})",
    ),
    (
        "its name is still being looked up",
        "der Name wird noch nachgeschlagen",
        "son nom est encore en cours de recherche",
        "su nombre se está consultando todavía",
    ),
    (
        "its name could not be looked up",
        "der Name ließ sich nicht nachschlagen",
        "son nom n’a pas pu être recherché",
        "su nombre no se ha podido consultar",
    ),
    (
        "its name {name} leads back to it",
        "der Name {name} führt zu dieser Adresse zurück",
        "son nom {name} ramène à cette adresse",
        "su nombre {name} lleva de vuelta a esta dirección",
    ),
    (
        "its name {name} could not be looked up",
        "der Name {name} ließ sich nicht nachschlagen",
        "son nom {name} n’a pas pu être recherché",
        "su nombre {name} no se ha podido consultar",
    ),
    (
        "it calls itself {name}, and that name does not lead back to it",
        "die Adresse nennt sich {name}, und dieser Name führt nicht zu ihr zurück",
        "elle se nomme {name}, et ce nom ne ramène pas à elle",
        "se llama {name}, y ese nombre no lleva de vuelta a ella",
    ),
    (
        "it has no name, and should have one under {wanted}",
        "die Adresse hat keinen Namen und sollte einen unter {wanted} haben",
        "l’adresse n’a pas de nom, et devrait en avoir un sous {wanted}",
        "la dirección no tiene nombre, y debería tener uno bajo {wanted}",
    ),
    (
        "its name {name} is one that customers of the operator have too",
        "den Namen {name} haben auch Kunden des Betreibers",
        "des clients de l’exploitant ont aussi le nom {name}",
        "también hay clientes del operador con el nombre {name}",
    ),
    (
        "its name is {name}, not one under {wanted}",
        "der Name ist {name}, keiner unter {wanted}",
        "son nom est {name}, qui n’est pas sous {wanted}",
        "su nombre es {name}, que no está bajo {wanted}",
    ),
)
_COLUMN: Mapping[Language, int] = {"de": 1, "fr": 2, "es": 3}
_NO_DATE: Mapping[Language, str] = {
    "de": "unbekannten Datum", "fr": "date inconnue", "es": "fecha desconocida",
}  # fmt: skip


def _pattern(english: str) -> re.Pattern[str]:
    """A sentence as an expression: what is in braces is anything, {whose} with its apostrophe."""
    written = re.escape(english.replace("networks?", "\0")).replace("\0", "networks?")
    for name in re.findall(r"\{(\w+)\}", english):
        found = r"(?P<whose>.+?)'s?" if name == "whose" else rf"(?P<{name}>[^;]+?)"
        written = written.replace(rf"\{{{name}\}}", found)
    return re.compile(written)


_SENTENCES = tuple((_pattern(row[0]), row) for row in _ROWS)


@lru_cache(maxsize=1024)
def reason(english: str, language: Language) -> str:
    """All sentences of a reason in this language; what is not known stays as it is."""
    if language not in _COLUMN:
        return english
    return "; ".join(_sentence(part, language) for part in english.split("; "))


def _sentence(english: str, language: Language) -> str:
    for pattern, row in _SENTENCES:
        found = pattern.fullmatch(english)
        if found is not None:
            values = found.groupdict()
            if "date" in values:
                values["date"] = _day(values["date"], language)
            return row[_COLUMN[language]].format(**values)
    return english


def _day(written: str, language: Language) -> str:
    try:
        return long_day(date.fromisoformat(written), language)
    except ValueError:
        return _NO_DATE[language]
