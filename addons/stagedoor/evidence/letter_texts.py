"""The sentences of a complaint, in English, German, French and Spanish.

Factual, and no advice about law. `{…}` are filled in by `letter`; numbers stand in tables, so that
no sentence has a singular and a plural.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stagedoor.evidence.letter import Sentence
from stagedoor.model.languages import Language

ENGLISH: Final[Mapping[Sentence, str]] = {
    "to": "To",
    "from": "From",
    "date": "Date",
    "site": "Site",
    "period": "Period",
    "unknown": "not known",
    "no-address": "address not known",
    "source": "address from: {}",
    "subject": "Complaint: recordings taken by crawlers of {} against a published reservation",
    "question": "Question: requests in the name of crawlers of {}",
    "opening": "This site publishes, in forms that machines read, that its recordings may not be "
    "used for the purposes named in the texts listed below. It keeps a record of every time a "
    "crawler was handed these texts, and of every recording that a crawler took.",
    "proven": "The figures of the first table are of requests that were proven to come from {}: by "
    "an address that {} publishes, by the name of the host, or by a signature.",
    "nothing-proven": "No request against the reservation was proven to come from {}. The requests "
    "counted below carried the name of one of its crawlers, and nothing contradicts it.",
    "measure": "If {} has signed the EU’s Code of Practice for general-purpose AI models, please "
    "take this as a complaint under measure 1.5 of its copyright chapter.",
    "ask": "Please answer these points:",
    "ask-confirm": "Were these requests made by you, or for you?",
    "ask-use": "What were the recordings used for, and in which data sets are they now?",
    "ask-stop": "Please do not take these recordings again, remove the copies, and confirm both.",
    "ask-read": "Which of the published texts does your crawler read, and how did it read them?",
    "figures": "What was proven",
    "claimed": "Not proven: what came in these names",
    "claimed-note": "A user agent is a claim. These figures do not count as proven, and "
    "nothing is concluded from them.",
    "timeline": "Timeline of what was proven",
    "timeline-more": "{} further rows are in the folders of the crawlers.",
    "texts": "What was published, and when",
    "record": "The record",
    "record-note": "Each folder beside this letter holds every entry about one crawler, the texts "
    "themselves, and a program, verify.py, that checks the checksums and the chain of hashes with "
    "nothing but Python. The site itself keeps this record. All times are UTC.",
    "advice": "This letter states what was recorded. It is not legal advice.",
    "crawler": "Crawler",
    "notices": "Times it was handed a text",
    "first-notice": "First time",
    "takings": "Requests for recordings against the texts",
    "after": "Requests against the texts after the first time",
    "recordings": "Different recordings",
    "bytes": "Bytes of them",
    "refusals": "Requests refused",
    "time": "Time (UTC)",
    "what": "What",
    "path": "Path",
    "times": "Times",
    "notice": "was handed a text",
    "taking": "took, from then on",
    "where": "Where",
    "force": "In force (UTC)",
    "still": "still",
    "hash": "SHA-256",
}
GERMAN: Final[Mapping[Sentence, str]] = {
    "to": "An",
    "from": "Von",
    "date": "Datum",
    "site": "Website",
    "period": "Zeitraum",
    "unknown": "nicht bekannt",
    "no-address": "Adresse nicht bekannt",
    "source": "Adresse aus: {}",
    "subject": "Beschwerde: Abruf von Aufnahmen durch Crawler von {} gegen einen erklärten "
    "Nutzungsvorbehalt",
    "question": "Anfrage: Abrufe im Namen von Crawlern von {}",
    "opening": "Diese Website erklärt in maschinenlesbarer Form, dass ihre Aufnahmen nicht für die "
    "Zwecke verwendet werden dürfen, die in den unten genannten Texten stehen. Sie zeichnet auf, "
    "wann ein Crawler diese Texte erhielt und welche Aufnahmen er abrief.",
    "proven": "Die Zahlen der ersten Tabelle betreffen Anfragen, die nachweislich von {} stammen: "
    "durch eine von {} veröffentlichte Adresse, durch den Namen des Rechners oder durch eine "
    "Signatur.",
    "nothing-proven": "Für keine Anfrage gegen den Nutzungsvorbehalt ist nachgewiesen, dass sie von {} "
    "stammt. Die unten gezählten Anfragen trugen den Namen eines seiner Crawler, und nichts "
    "widerspricht dem.",
    "measure": "Falls {} den EU-Verhaltenskodex für KI-Modelle mit allgemeinem Verwendungszweck "
    "unterzeichnet hat, behandeln Sie dieses Schreiben bitte als Beschwerde nach Maßnahme 1.5 des "
    "Kapitels zum Urheberrecht.",
    "ask": "Bitte beantworten Sie diese Punkte:",
    "ask-confirm": "Stammen diese Anfragen von Ihnen oder aus Ihrem Auftrag?",
    "ask-use": "Wofür wurden die Aufnahmen verwendet, und in welchen Datensätzen sind sie "
    "enthalten?",
    "ask-stop": "Bitte rufen Sie diese Aufnahmen nicht mehr ab, löschen Sie die Kopien und "
    "bestätigen Sie beides.",
    "ask-read": "Welche der veröffentlichten Texte liest Ihr Crawler, und wie hat er sie "
    "verstanden?",
    "figures": "Was nachgewiesen ist",
    "claimed": "Nicht nachgewiesen: was unter diesen Namen kam",
    "claimed-note": "Ein User-Agent ist eine Behauptung. Diese Zahlen gelten nicht als "
    "nachgewiesen, und aus ihnen wird nichts gefolgert.",
    "timeline": "Zeitlicher Ablauf des Nachgewiesenen",
    "timeline-more": "{} weitere Zeilen stehen in den Ordnern der Crawler.",
    "texts": "Was wann veröffentlicht war",
    "record": "Die Aufzeichnung",
    "record-note": "Jeder Ordner neben diesem Schreiben enthält alle Einträge zu einem Crawler, "
    "die Texte selbst und ein Programm, verify.py, das die Prüfsummen und die Kette der Hashwerte "
    "allein mit Python prüft. Die Website führt diese Aufzeichnung selbst. Alle Zeiten sind UTC.",
    "advice": "Dieses Schreiben gibt wieder, was aufgezeichnet wurde. Es ist keine Rechtsberatung.",
    "crawler": "Crawler",
    "notices": "Erhielt einen Text (Anzahl)",
    "first-notice": "Zuerst",
    "takings": "Abrufe von Aufnahmen gegen die Texte",
    "after": "Abrufe gegen die Texte nach dem ersten Mal",
    "recordings": "Verschiedene Aufnahmen",
    "bytes": "Bytes davon",
    "refusals": "Abgelehnte Anfragen",
    "time": "Zeit (UTC)",
    "what": "Was",
    "path": "Pfad",
    "times": "Anzahl",
    "notice": "erhielt einen Text",
    "taking": "rief ab, von da an",
    "where": "Wo",
    "force": "In Kraft (UTC)",
    "still": "weiterhin",
    "hash": "SHA-256",
}
FRENCH: Final[Mapping[Sentence, str]] = {
    "to": "À",
    "from": "De",
    "date": "Date",
    "site": "Site",
    "period": "Période",
    "unknown": "non connue",
    "no-address": "adresse non connue",
    "source": "adresse tirée de : {}",
    "subject": "Réclamation : enregistrements pris par des robots de {} malgré une réserve de droits publiée",
    "question": "Question : requêtes au nom de robots de {}",
    "opening": "Ce site publie, sous des formes lisibles par des machines, que ses enregistrements "
    "ne peuvent pas être utilisés aux fins indiquées dans les textes ci-dessous. Il note chaque "
    "fois qu’un robot a reçu ces textes, et chaque enregistrement qu’un robot a pris.",
    "proven": "Les chiffres du premier tableau concernent des requêtes dont il est prouvé qu’elles "
    "viennent de {} : par une adresse que {} publie, par le nom de la machine, ou par une "
    "signature.",
    "nothing-proven": "Pour aucune requête contraire à la réserve, il n’est prouvé qu’elle vient de "
    "{}. Les requêtes comptées ci-dessous portaient le nom d’un de ses robots, et rien ne le "
    "contredit.",
    "measure": "Si {} a signé le code de bonnes pratiques de l’UE pour les modèles d’IA à usage "
    "général, veuillez traiter cette lettre comme une réclamation au titre de la mesure 1.5 de son "
    "chapitre sur le droit d’auteur.",
    "ask": "Veuillez répondre à ces points :",
    "ask-confirm": "Ces requêtes viennent-elles de vous, ou ont-elles été faites pour vous ?",
    "ask-use": "À quoi les enregistrements ont-ils servi, et dans quels jeux de données se "
    "trouvent-ils ?",
    "ask-stop": "Veuillez ne plus prendre ces enregistrements, supprimer les copies, et confirmer "
    "les deux.",
    "ask-read": "Lesquels des textes publiés votre robot lit-il, et comment les a-t-il compris ?",
    "figures": "Ce qui est prouvé",
    "claimed": "Non prouvé : ce qui est venu sous ces noms",
    "claimed-note": "Un agent utilisateur est une affirmation. Ces chiffres ne comptent pas comme "
    "prouvés, et rien n’en est conclu.",
    "timeline": "Chronologie de ce qui est prouvé",
    "timeline-more": "{} autres lignes sont dans les dossiers des robots.",
    "texts": "Ce qui était publié, et quand",
    "record": "Le registre",
    "record-note": "Chaque dossier joint contient toutes les entrées sur un robot, les textes "
    "eux-mêmes, et un programme, verify.py, qui vérifie les sommes de contrôle et la chaîne des "
    "empreintes avec Python seul. Le site tient lui-même ce registre. Toutes les heures sont en "
    "UTC.",
    "advice": "Cette lettre expose ce qui a été enregistré. Elle n’est pas un conseil juridique.",
    "crawler": "Robot",
    "notices": "Textes reçus",
    "first-notice": "Première fois",
    "takings": "Prises contraires aux textes",
    "after": "Contraires, après la première fois",
    "recordings": "Enregistrements différents",
    "bytes": "Octets de ceux-ci",
    "refusals": "Requêtes refusées",
    "time": "Heure (UTC)",
    "what": "Quoi",
    "path": "Chemin",
    "times": "Nombre",
    "notice": "a reçu un texte",
    "taking": "a pris, à partir de là",
    "where": "Où",
    "force": "En vigueur (UTC)",
    "still": "toujours",
    "hash": "SHA-256",
}

SPANISH: Final[Mapping[Sentence, str]] = {
    "to": "Para",
    "from": "De",
    "date": "Fecha",
    "site": "Sitio",
    "period": "Periodo",
    "unknown": "no se conoce",
    "no-address": "dirección desconocida",
    "source": "dirección según: {}",
    "subject": "Reclamación: grabaciones tomadas por rastreadores de {} contra una reserva de derechos "
    "publicada",
    "question": "Consulta: solicitudes en nombre de rastreadores de {}",
    "opening": "Este sitio publica, en formas que las máquinas leen, que sus grabaciones no pueden "
    "usarse para los fines indicados en los textos que figuran abajo. Registra cada vez que un "
    "rastreador recibió estos textos y cada grabación que un rastreador tomó.",
    "proven": "Las cifras de la primera tabla son de solicitudes que está probado que vienen de {}: por "
    "una dirección que {} publica, por el nombre de la máquina o por una firma.",
    "nothing-proven": "De ninguna solicitud contraria a la reserva está probado que venga de {}. Las "
    "solicitudes contadas abajo llevaban el nombre de uno de sus rastreadores, y nada lo contradice.",
    "measure": "Si {} ha firmado el Código de buenas prácticas de la UE para modelos de IA de uso "
    "general, rogamos que trate esta carta como una reclamación conforme a la medida 1.5 de su capítulo "
    "sobre derechos de autor.",
    "ask": "Rogamos que responda a estos puntos:",
    "ask-confirm": "¿Hizo usted estas solicitudes, o se hicieron por encargo suyo?",
    "ask-use": "¿Para qué se usaron las grabaciones, y en qué conjuntos de datos están ahora?",
    "ask-stop": "No vuelva a tomar estas grabaciones, elimine las copias y confirme ambas cosas.",
    "ask-read": "¿Cuáles de los textos publicados lee su rastreador, y cómo los ha entendido?",
    "figures": "Lo que está probado",
    "claimed": "No probado: lo que llegó con estos nombres",
    "claimed-note": "Un agente de usuario es una afirmación. Estas cifras no cuentan como probadas, y de "
    "ellas no se deduce nada.",
    "timeline": "Cronología de lo probado",
    "timeline-more": "Hay {} filas más en las carpetas de los rastreadores.",
    "texts": "Qué estaba publicado, y cuándo",
    "record": "El registro",
    "record-note": "Cada carpeta que acompaña a esta carta contiene todas las entradas sobre un "
    "rastreador, los propios textos y un programa, verify.py, que comprueba las sumas de control y la "
    "cadena de hashes solo con Python. El propio sitio lleva este registro. Todas las horas son UTC.",
    "advice": "Esta carta expone lo que se registró. No es asesoramiento jurídico.",
    "crawler": "Rastreador",
    "notices": "Recibió un texto (veces)",
    "first-notice": "Primera vez",
    "takings": "Solicitudes de grabaciones contra los textos",
    "after": "Solicitudes contra los textos tras la primera vez",
    "recordings": "Grabaciones distintas",
    "bytes": "Bytes de ellas",
    "refusals": "Solicitudes rechazadas",
    "time": "Hora (UTC)",
    "what": "Qué",
    "path": "Ruta",
    "times": "Veces",
    "notice": "recibió un texto",
    "taking": "tomó, desde entonces",
    "where": "Dónde",
    "force": "En vigor (UTC)",
    "still": "sigue",
    "hash": "SHA-256",
}

TEXTS: Final[Mapping[Language, Mapping[Sentence, str]]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
}
