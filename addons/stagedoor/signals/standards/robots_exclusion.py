"""The Robots Exclusion Protocol (RFC 9309) as a standard among the others.

Reading and merging robots.txt is the work of `signals/robots/`.
"""

from __future__ import annotations

from stagedoor.signals.standard import Standard, Switch

STANDARD = Standard(
    name="robots",
    title="Disallow",
    caption="Robots Exclusion Protocol, RFC 9309: who may fetch what",
    switch=Switch("robots", "robots.txt: yours is kept, and this stance is written into it"),
    core=True,
)
