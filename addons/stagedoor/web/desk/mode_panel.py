"""Enforce or observe: which it is, the button to change it, and the question before."""

from __future__ import annotations

from markupsafe import Markup

from stagedoor.web.desk.elements import note, page
from stagedoor.web.desk.places import place
from stagedoor.web.desk.texts import say
from stagedoor.web.desk.view import Outlook


def banner(outlook: Outlook, token: str) -> Markup | str:
    """Above every page while nobody is refused, with the way back."""
    if outlook.mode == "enforce":
        return ""
    return Markup('<div class="banner" role="status"><p>{}</p>{}</div>').format(
        say("mode.banner"), _form("enforce", token, say("mode.to.enforce"))
    )


def panel(outlook: Outlook, token: str) -> Markup:
    """The part of the page. Observing is asked about first (`ask_page`); enforcing is not."""
    if outlook.mode == "enforce":
        change = Markup('<form method="get" action="{}"><button>{}</button></form>').format(
            place("/mode"), say("mode.to.observe")
        )
        other = "observe"
    else:
        change, other = _form("enforce", token, say("mode.to.enforce")), "enforce"
    return Markup('<p class="mode {}">{}</p>{}{}').format(
        outlook.mode, say(f"mode.{outlook.mode}"), change, note(say("mode.until", mode=other))
    )


def ask_page(outlook: Outlook, token: str) -> Markup:
    """What observing means, and two buttons."""
    body = Markup(
        '<h1>{}</h1><p>{}</p>{}<p><a class="button" href="{}">{}</a></p>'
    ).format(
        say("mode.ask"), say("mode.ask.about"), _form("observe", token, say("mode.ask.yes")),
        place("/"), say("mode.ask.no"),
    )  # fmt: skip
    return page(f"{say('title')} · {say('mode.ask')}", body, site=outlook.site)


def _form(mode: str, token: str, button: str) -> Markup:
    return Markup(
        '<form method="post" action="{}"><input type="hidden" name="token" value="{}">'
        '<button name="mode" value="{}">{}</button></form>'
    ).format(place("/mode"), token, mode, button)
