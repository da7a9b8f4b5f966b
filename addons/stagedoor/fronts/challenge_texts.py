"""What the page of a challenge says, in the languages that the desk speaks.

Braces are filled in. The artist's own words, the title of a rule, are not shown: they have one language.
"""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "One moment, please",
        "lead": "{who} is open to people, and makes it costly to collect its pages by machine. Your "
        "browser does a short calculation, once in 30 days. It keeps a cookie, so that you are not "
        "asked again.",
        "working": "Your browser is calculating …",
        "done": "Done. The page opens now.",
        "failed": "The calculation did not work here. Please use the button below.",
        "cookies": "Your browser does not keep the cookie of this site, so the page cannot open. Please "
        "allow it, and load this page again.",
        "progress": "Progress of the calculation",
        "without": "Without JavaScript",
        "wait": "Wait for {seconds} seconds, then press the button.",
        "button": "Continue",
        "early": "That was too early. Seconds still to wait: {seconds}.",
        "again": "That did not work, perhaps because this page was open for long. Please try once more.",
        "contact": "If you do not get in, please write to",
        "name": "This request is known as {name}.",
    },
    "de": {
        "title": "Einen Augenblick, bitte",
        "lead": "{who} steht Menschen offen und macht es teuer, Seiten maschinell einzusammeln. Ihr "
        "Browser rechnet kurz, einmal in 30 Tagen. Er behält ein Cookie, damit Sie nicht noch einmal "
        "gefragt werden.",
        "working": "Ihr Browser rechnet …",
        "done": "Fertig. Die Seite öffnet sich.",
        "failed": "Die Rechnung hat hier nicht geklappt. Bitte benutzen Sie die Schaltfläche unten.",
        "cookies": "Ihr Browser behält das Cookie dieser Seite nicht, darum kann sie sich nicht öffnen. "
        "Bitte erlauben Sie es, und laden Sie die Seite neu.",
        "progress": "Fortschritt der Rechnung",
        "without": "Ohne JavaScript",
        "wait": "Warten Sie {seconds} Sekunden, und drücken Sie dann auf die Schaltfläche.",
        "button": "Weiter",
        "early": "Das war zu früh. Noch zu wartende Sekunden: {seconds}.",
        "again": "Das hat nicht geklappt, vielleicht weil diese Seite lange offen war. Bitte versuchen "
        "Sie es noch einmal.",
        "contact": "Wenn Sie nicht hineinkommen, schreiben Sie bitte an",
        "name": "Diese Anfrage heißt {name}.",
    },
    "fr": {
        "title": "Un instant, s’il vous plaît",
        "lead": "{who} est ouvert aux personnes et rend coûteuse la collecte de ses pages par des "
        "machines. Votre navigateur fait un court calcul, une fois en 30 jours. Il garde un cookie, pour "
        "qu’on ne vous le demande plus.",
        "working": "Votre navigateur calcule…",
        "done": "C’est fait. La page s’ouvre.",
        "failed": "Le calcul n’a pas fonctionné ici. Veuillez utiliser le bouton ci-dessous.",
        "cookies": "Votre navigateur ne garde pas le cookie de ce site, la page ne peut donc pas "
        "s’ouvrir. Veuillez l’autoriser, puis recharger cette page.",
        "progress": "Avancement du calcul",
        "without": "Sans JavaScript",
        "wait": "Attendez {seconds} secondes, puis appuyez sur le bouton.",
        "button": "Continuer",
        "early": "C’était trop tôt. Secondes à attendre encore\N{NARROW NO-BREAK SPACE}: {seconds}.",
        "again": "Cela n’a pas fonctionné, peut-être parce que cette page est restée ouverte longtemps. "
        "Veuillez réessayer.",
        "contact": "Si vous n’arrivez pas à entrer, écrivez à",
        "name": "Cette requête porte le nom {name}.",
    },
    "es": {
        "title": "Un momento, por favor",
        "lead": "{who} está abierto a las personas y encarece la recogida de sus páginas por máquinas. Su "
        "navegador hace un cálculo breve, una vez cada 30 días. Guarda una cookie para que no se le "
        "pregunte de nuevo.",
        "working": "Su navegador está calculando…",
        "done": "Listo. La página se abre ahora.",
        "failed": "El cálculo no ha funcionado aquí. Use el botón de abajo.",
        "cookies": "Su navegador no guarda la cookie de este sitio, por eso la página no puede abrirse. "
        "Permítala y vuelva a cargar esta página.",
        "progress": "Progreso del cálculo",
        "without": "Sin JavaScript",
        "wait": "Espere {seconds} segundos y pulse después el botón.",
        "button": "Continuar",
        "early": "Ha sido demasiado pronto. Segundos que faltan: {seconds}.",
        "again": "No ha funcionado, quizá porque esta página llevaba mucho tiempo abierta. Inténtelo otra "
        "vez.",
        "contact": "Si no consigue entrar, escriba a",
        "name": "Esta petición se conoce como {name}.",
    },
}
