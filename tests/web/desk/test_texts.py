"""Every text is used, and every text that is used is there."""

from __future__ import annotations

import re

from making import ROOT
from stagedoor.web.desk.texts import TEXTS

FOLDER = ROOT / "addons" / "stagedoor" / "web" / "desk"
SOURCE = "\n".join(
    path.read_text("utf-8") for path in FOLDER.glob("*.py") if path.name != "texts.py"
)


def test_what_is_said_is_there() -> None:
    said = set(re.findall(r'say\(\s*"([^"{]+)"', SOURCE))
    assert said - set(TEXTS) == set()
    counted = {key for name in re.findall(r'many\(\s*"([^"]+)"', SOURCE)
               for key in (f"{name}.one", f"{name}.many")}  # fmt: skip
    assert counted - set(TEXTS) == set()


def test_what_is_there_is_said() -> None:
    words = set(re.findall(r'[f]?"([^"\n]*)"', SOURCE))
    ends = {key.removesuffix(".one").removesuffix(".many") for key in TEXTS}
    unused = {
        key for key in ends if key not in words and key.rpartition(".")[2] not in words
        and not re.search(rf'f"{re.escape(key.rpartition(".")[0])}\.\{{', SOURCE)
    }  # fmt: skip
    assert unused == set()


def test_twins_take_the_same_values() -> None:
    for key in TEXTS:
        if key.endswith(".one"):
            one, many = (
                set(re.findall(r"{(\w+)}", TEXTS[name])) - {"n"}
                for name in (key, key.removesuffix("one") + "many")
            )
            assert one == many, key
