"""The guard as the desk sees it. The guard makes one when asked; nothing here reaches back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagedoor.model.facts import Mode
from stagedoor.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is in force. `trouble`: mistakes in the rules on disk, which are therefore not loaded.
    `notes`: what the guard itself cannot do as it is set up.
    """

    policy: Policy
    mode: Mode
    state: Path | None
    program: str
    trouble: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def site(self) -> str:
        """What the site is called: the artist's name, else its address; may be empty."""
        stance = self.policy.stance
        return stance.artist.name or stance.publish.address.partition("://")[2].strip("/")

    @property
    def advice(self) -> Sequence[str]:
        """What is legal and still worth reporting."""
        return [*(str(problem) for problem in self.policy.advice), *self.notes]


Look = Callable[[], Outlook | None]
"""None while there is nothing in force."""
Switch = Callable[[Mode, str], None]
"""Change the mode; the second word is who asked. Called from the desk's thread, blocks until it is
done, raises StagedoorError where it cannot be done."""
