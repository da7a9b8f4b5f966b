"""A complaint for tests of the letter."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.evidence.complaint import Complaint, Figures, Step

PROVEN = Figures("GPTBot", 3, 1_790_812_800_000, 1_234, 1_234, 17, 5_000_000, 9)
ABOUT = Complaint(
    operator="OpenAI", address="", address_source="", artist="Ada", reply_to="ada@music.example",
    site="https://music.example", since=1_790_812_800_000, until=1_790_899_200_000,
    made=1_790_899_200_000, proven=(PROVEN,), claimed=(replace(PROVEN, takings=77),),
    steps=(Step(1_790_812_800_000, "GPTBot", "taking", "/music/a.mp3", 4, 2_000),), more_steps=0,
    texts=(),
)  # fmt: skip
