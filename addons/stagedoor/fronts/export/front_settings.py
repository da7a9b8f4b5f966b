"""What is the same in every front's configuration: addresses, published headers, files, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stagedoor.config.stance import OnError
from stagedoor.fronts.export.settled_refusals import Refusals, settled_refusals
from stagedoor.model.facts import GUARDED_KINDS, Mode
from stagedoor.publish.publication import ROBOTS, published
from stagedoor.resources.kinds import endings
from stagedoor.rules.policy import Policy
from stagedoor.signals import registry

Front = Literal["nginx", "caddy", "traefik", "haproxy", "envoy"]
TEXT = (
    "This site is not for automated visitors of this kind. Its artist does not allow it; robots.txt "
    "says what is allowed.\n"
)
"""What a crawler reads that a front refuses by itself."""


@dataclass(frozen=True, slots=True)
class FrontSettings:
    """`listen` is the front's own address, `counter` and `logs` the counter's, `site` where the site
    answers, and `root` its folder where the front serves it itself. `folder` is what is written into.
    """

    listen: tuple[str, int]
    counter: tuple[str, int]
    site: str
    root: Path | None
    folder: Path
    headers: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    refusals: Refusals
    on_error: OnError
    cached: bool
    trap: str = ""
    """The trap link, as it stands in pages; empty where there is none."""
    counter_path: str = ""
    """The counter's Unix socket; then `counter` says nothing."""
    log_file: Path | None = None
    """Where the log is written for the counter; None: it is sent."""

    @property
    def counter_address(self) -> str:
        """HOST:PORT of the counter, or unix:PATH."""
        return f"unix:{self.counter_path}" if self.counter_path else address(self.counter)

    @property
    def counter_logs(self) -> str:
        """The same of where it reads lines."""
        if self.counter_path:
            return f"unix:{Path(self.counter_path).with_suffix('.log.sock')}"
        return self.counter_address

    @property
    def asked_files(self) -> tuple[str, ...]:
        """Paths that are answered by the counter."""
        return self.files

    @property
    def closed_endings(self) -> tuple[str, ...]:
        """Endings of names that are kept back while the counter does not answer."""
        if self.on_error.audio != "closed":
            return ()
        return tuple(sorted(e for kind in sorted(GUARDED_KINDS) for e in endings(kind)))


def address(pair: tuple[str, int]) -> str:
    """HOST:PORT, with brackets around an IPv6 address."""
    host, port = pair
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def once(name: str) -> bool:
    """Whether a response has one such field, so that the site's own gives way."""
    return any(h.once for _, h in registry.current().headers if name.lower() in h.names)


def quoted(text: str) -> str:
    """A text in double quotes, as JSON and YAML have it."""
    return json.dumps(text, ensure_ascii=True)


def front_settings(
    policy: Policy,
    mode: Mode,
    *,
    listen: tuple[str, int],
    counter: tuple[str, int],
    site: str,
    root: Path | None,
    folder: Path,
    cached: bool,
    counter_path: str = "",
    log_file: Path | None = None,
) -> FrontSettings:
    """The settings that follow from a policy."""
    said = published(policy.stance, policy.catalogue)
    files = sorted({*said.files, *([ROBOTS] if said.merges_robots else [])})
    return FrontSettings(
        listen=listen,
        counter=counter,
        site=site,
        root=root,
        folder=folder,
        headers=tuple((n.decode(), v.decode("latin-1")) for n, v in said.headers),
        files=tuple(files),
        refusals=settled_refusals(policy, mode),
        on_error=policy.stance.on_error,
        cached=cached,
        counter_path=counter_path,
        log_file=log_file,
        trap=said.trap,
    )


Files = Mapping[str, str]
"""Names of files and what stands in them."""
