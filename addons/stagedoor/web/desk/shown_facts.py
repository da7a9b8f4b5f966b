"""Facts as the desk shows them: what a rule says, why an identity is proven, what somebody comes for."""

from __future__ import annotations

from stagedoor.identify.proof_reasons import reason
from stagedoor.model.facts import Client, Resource
from stagedoor.rules.translations import in_language
from stagedoor.web.desk.texts import language, say


def rule_text(english: str) -> str:
    """What a rule says, its title or its reason; the artist's own as they are."""
    return in_language(english, language())


def proof_reason(english: str) -> str:
    """Why an identity is proven, or is not."""
    return reason(english, language())


def purposes(client: Client) -> str:
    """All that a client comes for: AI training, AI answers."""
    return ", ".join(say(f"purpose.{one}") for one in client.purposes)


def kind(of: Resource) -> str:
    """What is asked for: a recording, a page."""
    return say(f"kind.{of.kind}")
