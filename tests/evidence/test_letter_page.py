"""A letter as a page and as data for the typesetter: what others wrote stays text."""

from __future__ import annotations

from dataclasses import replace

import orjson
from lxml import html

from letters import ABOUT
from stagedoor.evidence.complaint import Step
from stagedoor.evidence.letter import letter
from stagedoor.evidence.letter_page import data, page
from stagedoor.evidence.letter_texts import TEXTS

HOSTILE = '/music/<script>x</script>#set page(fill: red)"}.mp3'
ODD = replace(ABOUT, steps=(Step(ABOUT.since, "GPTBot", "taking", HOSTILE, 1, 5),))


def test_the_page_holds_every_block_and_no_markup_of_others() -> None:
    found = html.document_fromstring(page(letter(ODD, "de", TEXTS["de"])))
    assert found.get("lang") == "de"
    assert found.xpath("//script") == []
    assert HOSTILE in found.text_content()
    assert len(found.xpath("//ol/li")) == 4
    assert next(h.text for h in found.xpath("//h2")) == TEXTS["de"]["figures"]


def test_the_typesetter_gets_data_only() -> None:
    found = data(letter(ODD, "en", TEXTS["en"]))
    again = orjson.loads(orjson.dumps(found))
    rows = [row for section in again["sections"] for row in section["rows"]]
    cells = [cell.replace("\u200b", "") for row in rows for cell in row]
    assert HOSTILE in cells
