"""The report's texts, a table for each language with the same keys; see `evidence.wording`."""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.evidence.report_texts.english_report import ENGLISH
from stagedoor.evidence.report_texts.french_report import FRENCH
from stagedoor.evidence.report_texts.german_report import GERMAN
from stagedoor.evidence.report_texts.spanish_report import SPANISH
from stagedoor.model.languages import Language

REPORT_TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH,
}  # fmt: skip
