"""Terms in forms that pages really have: what changes nothing gives no alarm, what counts is found."""

from __future__ import annotations

import time

import pytest

from platformrules import of, read, rules
from stagedoor.platforms.changes import compare
from termpairs import PLAIN

EN = PLAIN["en"]
AI = "You agree that your recordings may be used to inform and train machine learning models."
COOKIES = "We use cookies to make this site better and to measure it."
CAR = "You keep 'all' the \"rights\" — and nobody takes them from you - never."


def page(lines: list[str] | tuple[str, ...], before: str = "", after: str = "") -> str:
    return f"<main>{before}{''.join(f'<p>{line}</p>' for line in lines)}{after}</main>"


def each(form: str, first: int = 1) -> str:
    return page([form.format(number, line) for number, line in enumerate(EN, first)])


def around(form: str, joint: str = "") -> str:
    return f"<main>{joint.join(form.format(n, line) for n, line in enumerate(EN))}</main>"


NUMBERS = (
    "{0}. {1}", "{0}) {1}", "({0}) {1}", "4.{0} {1}", "4.{0}. {1}", "Section {0}. {1}",
    "Section {0} – {1}", "§ {0} {1}", "Article {0}: {1}", "{0}.1.2 {1}", "• {1}", "– {1}",
)  # fmt: skip


@pytest.mark.parametrize("form", NUMBERS)
def test_numbers_and_marks_of_clauses_are_no_words(form: str) -> None:
    for before in (each(form), page(EN)):
        assert compare(read(before), read(each(form, 3)), rules()).outcome in {"same", "formatting"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (around("<tr><td>{0}</td><td>{1}</td></tr>"), around("<tr><td>1{0}</td><td>{1}</td></tr>")),
        (page(EN, "<h2>4. Licence</h2>"), page(EN, "<h2>5. LICENCE</h2>")),
        (page([*EN, "See Section 4.2, and clause 12(b)."]), page([*EN, "See section 5.1, and clause 13(c)."])),
        (page(EN), around("{1}", " ")),
        (around("{0}. {1}", " "), around("({0}) {1}", " ")),
        (page(EN), around("<span style='display:block'>{1}</span>")),
        (page(EN), around("<x-paragraph>{1}</x-paragraph>")),
        (page(EN), around("{1}", "<br>")),
        (page(EN), f"<main><dl>{''.join(f'<dt>{a}</dt><dd>{b}</dd>' for a, b in zip(EN[::2], EN[1::2], strict=True))}</dl></main>"),
        (page(EN), around("<h3><button aria-expanded=false aria-controls=p{0}></button></h3><div id=p{0} role=region hidden>{1}</div>")),
        (page(EN), around("<div aria-hidden=true>{1}</div>")),
        (page(EN), around("<details><summary></summary>{1}</details>")),
        (page(EN), around("<x-fold><template shadowrootmode=open><p>{1}</p></template></x-fold>")),
        (page(EN), f"<main><form id=aspnet>{page(EN)}<input value=anna></form></main>"),
        (page(EN), page([line.replace("re", "r<b>e</b>").replace("o", "<i>o</i>") for line in EN])),
        (page(EN), page([line.replace("re", "r<wbr>e") for line in EN])),
        (page(EN), page([line.replace("re", "r&shy;e").replace(" ", "&nbsp;", 3).replace(" ", "&#8239;", 1) for line in EN])),
        (page(EN), page([line.replace("re", "r&#8203;e").replace("o", "o&#8288;") for line in EN])),
        (page([*EN, CAR]), page([*EN, "You keep ‘all’ the “rights”—and nobody takes them from you – never."])),
        (page([*PLAIN["fr"], "Le « service » : c'est \"nous\" ; et vous !"]), page([*PLAIN["fr"], "Le “service”: c’est « nous »; et vous!"])),
        (page(EN), page([f"{line}<sup>1</sup>" for line in EN])),
        (page(EN), page(EN, f'<div class="cookie-banner"><p>{COOKIES}</p><button>Accept</button></div>')),
        (page(EN), page(EN, f'<div id="onetrust-consent-sdk"><div role=alertdialog>{COOKIES}</div></div>')),
        (page(EN), page(EN, f'<div role=region aria-label="Cookie consent"><p>{COOKIES}</p></div>')),
        (page(EN), page(EN, f"<div class=x1><p>{COOKIES}</p><div><button>Accept all</button></div></div>")),
        (page(EN), page(EN, "", "<aside><a href=/a>Read next: what is new on the site in this month of the year</a></aside>")),
    ],
)  # fmt: skip
def test_another_form_of_the_same_words_is_no_change(before: str, after: str) -> None:
    assert read(before).words > 100
    found = compare(read(before), read(after), rules())
    assert (found.outcome in {"same", "formatting"}, found.changes) == (True, ())


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "Last updated: 3 March 2024", "Last updated: 17 August 2026"),
        ("en", "Last Updated: March 3rd, 2024", "Last Updated: Aug. 17, 2026"),
        ("en", "Updated 2024-03-03", "Updated 2026-08-17"),
        ("en", "Effective: 03/03/2024", "Effective: 08/17/2026"),
        ("en", "Last modified Sunday, 3 March 2024", "Last modified Monday, 17 August 2026"),
        ("en", "Last updated: 3 days ago", "Last updated: yesterday"),
        ("en", "Last updated: 3 days ago", "Last updated: 17 August 2026"),
        ("en", "Updated 3 March 2024 at 10:30 AM UTC", "Updated 17 August 2026 at 9:12 PM UTC"),
        ("en", "Revised Mar 2024", "Revised Sept 2026"),
        ("en", "Effective as of the 3rd of March 2024", "Effective as of the 17th of August 2026"),
        ("en", "Last updated 2024/03/03", "Last updated 2026.08.17"),
        ("en", "Last Updated on: 3-Mar-2024", "Last Updated on: 17-Aug-2026"),
        ("en", "© 2024 Music Ltd", "© 2024–2026 Music Ltd"),
        ("en", "最終更新日: 2024年3月3日", "最終更新日: 2026年8月17日"),
        ("en", "Version 3.1, 3 March 2024", "Version 3.2, 17 August 2026"),
        ("en", "Version 3.1", "Version 4"),
        ("de", "Zuletzt aktualisiert am 3. März 2024", "Zuletzt aktualisiert am 17. August 2026"),
        ("de", "Stand: März 2024", "Stand: August 2026"),
        ("de", "Stand: 03/2024", "Stand: 08/2026"),
        ("de", "Letzte Aktualisierung: 3.3.2024, 10:30 Uhr", "Letzte Aktualisierung: 17.8.2026, 9:12 Uhr"),
        ("de", "Gültig ab Sonntag, den 3. März 2024", "Gültig ab Montag, den 17. August 2026"),
        ("de", "Stand: vor 3 Tagen", "Stand: gestern"),
        ("de", "Fassung vom 03.03.24", "Fassung vom 17.08.26"),
        ("fr", "Date d’effet : 1er mars 2024", "Date d’effet : 17 août 2026"),
        ("fr", "Dernière mise à jour le lundi 3 mars 2024", "Dernière mise à jour le jeudi 17 août 2026"),
        ("fr", "Dernière modification : 03/03/2024 à 10h30", "Dernière modification : 17/08/2026 à 9h12"),
        ("fr", "Dernière mise à jour : juil. 2024", "Dernière mise à jour : févr. 2026"),
        ("fr", "Mis à jour il y a 3 jours", "Mis à jour hier"),
        ("es", "Vigente desde el 3 de marzo de 2024", "Vigente desde el 17 de agosto de 2026"),
        ("es", "Última actualización: 3/3/2024", "Última actualización: 17/8/2026"),
        ("es", "Fecha de la última revisión: domingo, 3 de marzo de 2024", "Fecha de la última revisión: lunes, 17 de agosto de 2026"),
        ("es", "Actualizado hace 3 días", "Actualizado hace 12 días"),
    ],
)  # fmt: skip
def test_another_date_alone_is_no_change(language: str, before: str, after: str) -> None:
    old, new = (page([line, *PLAIN[language]]) for line in (before, after))
    assert compare(read(old), read(new), rules()).outcome == "date"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("You must be 16 years old.", "You must be 13 years old."),
        ("We keep 10.5 percent of 2024 euros.", "We keep 15.5 percent of 2024 euros."),
        ("Effective today we train AI.", "Effective today we sell records."),
        ("Last updated 3 March 2024. We train no AI.", "Last updated 3 March 2024. We train AI."),
        ("We act under § 44b UrhG.", "We act under § 60d UrhG."),
        ("Article 4 of the Copyright Act applies.", "Article 7 of the Copyright Act applies."),
        ("You may not copy.", "You may copy."),
        (
            "Uploads are shared under the public licence version 3.0.",
            "Uploads are shared under the public licence version 4.0.",
        ),
        ("Your rights: none.", "Your rights: some."),
    ],
)
def test_a_small_change_of_words_is_a_change(before: str, after: str) -> None:
    found = compare(read(page([*EN, before])), read(page([*EN, after])), rules())
    assert found.outcome == "changed"


@pytest.mark.parametrize(
    "html",
    [
        f"<table><tr><th>Use</th><td>{AI}</td></tr></table>",
        f"<ul><li>{AI}</li></ul>",
        f"<dl><dt>Machine learning</dt><dd>{AI}</dd></dl>",
        f"<details><summary>More</summary>{AI}</details>",
        f"<div hidden id=x><p>{AI}</p></div>",
        f"<div hidden=until-found>{AI}</div>",
        "<p>You agree that your recordings <span>may</span> be used to in<b></b>form and tra<i>in</i> "
        "ma&shy;chine&nbsp;lear&#8203;ning models.</p>",
        f"<p>{AI[:-1]}<sup>2</sup>.</p>",
        f"<h3><button aria-expanded=false>{AI}</button></h3>",
        f"<x-y><template shadowrootmode=open><slot></slot>{AI}</template></x-y>",
        f"<figure><figcaption>{AI}</figcaption></figure>",
        f"<aside class=note><p>{AI}</p></aside>",
        f"<textarea readonly>{AI}</textarea>",
        f"<div class=cookie-notice><p>{AI}</p>{page(EN)}</div>",
    ],
)
def test_a_clause_is_found_wherever_it_is_added(html: str) -> None:
    found = compare(read(page(EN)), read(page(EN, "", html)), rules())
    assert found.outcome == "changed"
    assert "grants-platform" in {clause.class_ for clause in found.gained}


LONG = {language: " ".join(lines) for language, lines in PLAIN.items()}


@pytest.mark.parametrize(
    ("language", "blocks", "wanted"),
    [
        ("en", ["Machine learning", "You agree that we may use your recordings to train our systems."], "grants-platform"),
        ("en", ["You must not:", "copy the site;", "use recordings to train AI models;"], "forbids"),
        ("en", ["You may not:", "use recordings to train AI models;"], "forbids"),
        ("en", ["Prohibited uses", "Use of recordings to train machine learning models."], "forbids"),
        ("en", ["AI training", "You may use our player."], ""),
        ("en", ["AI training", "You must not smoke."], ""),
        ("en", ["Artificial intelligence", "You can opt out in your settings."], "opt-out"),
        ("en", ["Your uploads may be fed into large language models."], "grants-platform"),
        ("en", ["Content may be used as input to AI/ML systems."], "grants-platform"),
        ("en", ["We will never use your music to train A.I."], "forbids"),
        ("en", ["You grant us a licence to use content for the training of artificial-intelligence systems."], "grants-platform"),
        ("en", ["We may feed the cats of our office."], ""),
        ("en", ["We don't use your work for generative AI training unless you opt in."], "opt-in"),
        ("de", ["Wir dürfen Ihre Inhalte zum Zwecke des maschinellen Lernens zum Trainieren von Modellen nutzen."], "grants-platform"),
        ("de", ["Wir können Ihre Aufnahmen zum Anlernen von Machine-Learning-Modellen verwenden."], "grants-platform"),
        ("de", ["Ihre Inhalte dürfen in KI-Systeme eingespeist werden."], "grants-platform"),
        ("de", ["Wir dürfen Inhalte für KI-Trainingszwecke nutzen."], "grants-platform"),
        ("de", ["Eine Nutzung zum Training künstlicher Intelligenzen ist untersagt."], "forbids"),
        ("de", ["Es ist Ihnen untersagt:", "Inhalte zum Training von KI zu nutzen."], "forbids"),
        ("de", ["Maschinelles Lernen", "Wir dürfen Ihre Aufnahmen zum Training verwenden."], "grants-platform"),
        ("fr", ["Vous acceptez que vos œuvres servent à l’entraînement d’intelligences artificielles."], "grants-platform"),
        ("fr", ["Nous pouvons utiliser vos contenus pour entraîner des modèles d’apprentissage automatique."], "grants-platform"),
        ("fr", ["Vos titres peuvent alimenter des réseaux neuronaux d’apprentissage profond."], "grants-platform"),
        ("fr", ["Il est interdit :", "d’entraîner une IA avec les enregistrements."], "forbids"),
        ("es", ["Podemos usar su contenido para el entrenamiento de modelos de aprendizaje automático."], "grants-platform"),
        ("es", ["Queda prohibido:", "entrenar inteligencias artificiales con las grabaciones."], "forbids"),
        ("es", ["Aprendizaje automático", "Podemos utilizar sus grabaciones para el entrenamiento."], "grants-platform"),
    ],
)  # fmt: skip
def test_clauses_under_headings_in_lists_and_in_inflected_words(
    language: str, blocks: list[str], wanted: str
) -> None:
    found = {clause.class_ for clause in rules().clauses(of([LONG[language], *blocks]))}
    found -= {"mentions"}
    assert wanted in found if wanted else not found
    if wanted == "forbids":
        assert "grants-platform" not in found


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["Effective 1 January 2020", "Last updated: 3 March 2024"], "2024-03-03"),
        (["Our effective team is here.", "Updated: Aug. 3, 2024"], "2024-08-03"),
        (["Wir haben das verstanden am 1. Mai 2020.", "Stand: März 2024"], "2024-03"),
    ],
)
def test_the_date_of_the_last_update_is_read(lines: list[str], wanted: str) -> None:
    assert of([*lines, *EN]).updated == wanted


OTHERS = {
    "it": (
        "Queste regole sono un contratto tra te e le persone che gestiscono questo servizio di musica.",
        "Conservi tutti i diritti sulle tue registrazioni, e nessuno te li toglie.",
        "Possiamo chiudere un account che viene usato per violare la legge, e diciamo perché.",
        "Un abbonamento dura un mese e continua finché non lo termini nel tuo account.",
        "Se una di queste frasi è nulla, le altre restano come sono nel contratto.",
        "Devi avere almeno sedici anni, o un genitore che è d'accordo con le regole.",
        "Scrivi al nostro ufficio se una registrazione è stata caricata senza il diritto di farlo.",
        "I tribunali del luogo del nostro ufficio decidono se non troviamo una soluzione insieme.",
    ),
    "pt": (
        "Estas regras são um contrato entre você e as pessoas que mantêm este serviço de música.",
        "Você conserva todos os direitos sobre as suas gravações, e ninguém os tira de você.",
        "Podemos fechar uma conta que é usada para violar a lei, e dizemos por que.",
        "Uma assinatura dura um mês e continua até que você a termine na sua conta.",
        "Se uma destas frases for nula, as outras ficam como estão no contrato.",
        "Você deve ter pelo menos dezesseis anos, ou um responsável que concorde com as regras.",
        "Escreva para o nosso escritório se uma gravação foi enviada sem o direito de fazer isso.",
        "Os tribunais do lugar do nosso escritório decidem se não chegarmos a uma solução.",
    ),
    "nl": (
        "Deze regels zijn een overeenkomst tussen u en de mensen die deze dienst voor muziek beheren.",
        "U houdt alle rechten op uw opnamen, en niemand neemt ze van u af.",
        "Wij kunnen een account sluiten dat wordt gebruikt om de wet te breken, en zeggen waarom.",
        "Een abonnement loopt een maand en gaat door tot u het in uw account beëindigt.",
        "Als een van deze zinnen nietig is, blijven de andere zoals ze zijn.",
        "U moet ten minste zestien jaar oud zijn, of een ouder hebben die het met de regels eens is.",
        "Schrijf ons als een opname zonder het recht daartoe is geüpload door een ander.",
        "De rechters op de plaats van ons kantoor beslissen als wij er samen niet uit komen.",
    ),
}


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("it", "Ultimo aggiornamento: 3 marzo 2024", "Ultimo aggiornamento: 17 agosto 2026"),
        (
            "pt",
            "Última atualização: 3 de março de 2024",
            "Última atualização: 17 de agosto de 2026",
        ),
        ("nl", "Laatst bijgewerkt op 3 maart 2024", "Laatst bijgewerkt op 17 augustus 2026"),
    ],
)
def test_a_switch_to_a_language_without_rules_is_a_switch(
    language: str, before: str, after: str
) -> None:
    lines = OTHERS[language]
    dated = compare(of([before, *lines]), of([after, *lines]), rules())
    assert dated.outcome == "date"
    for known, plain in PLAIN.items():
        found = compare(of([*plain]), of([*lines]), rules())
        assert (found.outcome, found.languages) == ("language", (known, language))
    ai = compare(of([*lines]), of([*lines, "We use AI training here."]), rules())
    assert ai.outcome == "changed"


@pytest.mark.parametrize(
    "text",
    ["1.1." * 5_000, "(" * 20_000, '"' * 20_000, "1. " * 5_000, "§ 1 " * 5_000, "a) " * 5_000,
     "section 1.1" + ".1" * 9_000, "last updated " * 3_000, "3 " * 9_000, "- " * 9_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    compare(of([*EN, text]), of([*EN, text + "x"]), rules())
    assert time.process_time() - began < 5
