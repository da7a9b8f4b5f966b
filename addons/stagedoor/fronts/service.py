"""The service behind every front: rules in force, store, proofs and recorders.

A front reads a request into a Transaction and lets decide() gather and decide (decision_point.py); what
it carries out afterwards it reports here (transaction_reports.py). Everything that changes at a reload
is replaced by one assignment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from stagedoor.config.yamltext import Source
from stagedoor.engine.published_texts import Texts
from stagedoor.engine.transaction import Transaction
from stagedoor.fetch.client import HttpClient
from stagedoor.fronts.addresses import Proxies
from stagedoor.fronts.challenges import Challenges
from stagedoor.fronts.decision_point import DecisionPoint
from stagedoor.fronts.handouts import Handouts
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.transaction_reports import TransactionReports
from stagedoor.fronts.trap_pages import TrapPages
from stagedoor.identify.edge_addresses import NO_EDGES, EdgeAddresses
from stagedoor.load import rule_folder
from stagedoor.load.rule_folder import LoadedRules
from stagedoor.load.watcher import Watcher
from stagedoor.model.events import Event, Loaded, Published
from stagedoor.model.facts import Mode
from stagedoor.publish.publication import HEADERS, NOTHING, ROBOTS, published
from stagedoor.publish.publication import Published as Publication
from stagedoor.record.suite import Suite
from stagedoor.rules.policy import Policy
from stagedoor.store.interface import Store
from stagedoor.store.memory import MemoryStore
from stagedoor.store.shared import SharedStore
from stagedoor.store.store_opening import open_shared
from stagedoor.verify.claims import Claims
from stagedoor.verify.edge_files import read_edges
from stagedoor.verify.licence_file import LicenceFile


class Service:
    """One guard, without the program it sits in.

    `carried` says in how many standards headers speak; `marks` makes what reads the marks in links;
    `changed` is called with each new policy, after it is in force.
    """

    def __init__(
        self,
        carried: Callable[[Publication], int],
        suite: Suite | None = None,
        marks: Callable[[Callable[[], Store], Callable[[Event], None]], Handouts] = Handouts,
    ) -> None:
        self.suite = suite if suite is not None else Suite()
        self.emit: Callable[[Event], None] = self.suite.emit
        self.policy: Policy | None = None
        self.settings: Settings | None = None
        self.loaded: LoadedRules | None = None
        """Rules that were read before the start: they are not read again for it."""
        self.mode: Mode = "enforce"
        self.trusted = Proxies()
        self.edges = NO_EDGES
        self.ja4_header = ""
        self.unseen = ""
        """What the stance asks for and cannot be seen here (blind_spots.py); empty for nothing."""
        self.publication = NOTHING
        self._shared: SharedStore | None = None
        self.claims = Claims(self.emit, self._edges_changed)
        self.licences = LicenceFile(self._licences_changed)
        self.watcher = Watcher(self._build, self.take, self.emit)
        self.changed: Callable[[Policy], None] = lambda _: None
        self._carried = carried
        self._evidence = False
        self._site = ""
        self.shared: Service | None = None
        """What is no site's, where this is one of several: the catalogue is read once, there."""
        self.vouch: Callable[[Policy], None] = lambda _: None
        """Raises ConfigError where a policy does not go together with those of other sites."""
        texts = Texts()
        self.point = point = DecisionPoint(self.emit, self.claims, self.licences, texts, marks)
        self._reports = reports = TransactionReports(self.emit, point, texts)
        self.tracks, self.line = point.tracks, point.line
        self.sound, self.marks = point.sound, point.marks
        self.challenges = Challenges(self.marks, self.emit)
        self.traps = TrapPages()
        # What fronts call for each request, without a call in between.
        self.signature, self.decide = point.signature, point.decide
        self.answered, self.logged_in, self.missing = point.answered, point.logged_in, point.missing
        self.record, self.noticed = reports.record, reports.noticed
        self.took, self.trapped = reports.took, reports.trapped

    def decides_alike(self, decide: Callable[[Transaction], bool]) -> None:
        """Let `decide` answer first, by an earlier request that was just like it."""
        self.point.alike = decide

    @property
    def store(self) -> Store:
        """What is remembered between requests."""
        return self.point.store

    @store.setter
    def store(self, store: Store) -> None:
        self.point.store = store

    # -- start, change, stop -----------------------------------------------------------------------

    def apply(self, settings: Settings) -> None:
        """All or nothing: only what is wholly understood takes the place of what was."""
        if self.policy is None or self.settings is None or settings.rules != self.settings.rules:
            loaded, self.loaded = self.loaded, None
            if loaded is None or loaded.folder != settings.rules or settings.site:
                before = (self.shared or self).policy
                loaded = rule_folder.read(settings.rules, before, settings.site)
            policy = loaded.policy
            self.vouch(policy)
            self._site = loaded.site
            self.watcher.know(loaded.top, loaded.sources, loaded.site)
        else:
            policy = self.policy
        self.settings = settings
        self.edges = read_edges(settings.lists)
        self.take(policy)

    def take(self, policy: Policy) -> None:
        """Decide by `policy` from now on: one assignment, whole or not at all."""
        assert self.settings is not None
        self.marks.follow(policy)
        self.trusted = self.settings.trusted_for(policy.stance, self.edges)
        self.ja4_header = self.settings.ja4_header_for(policy.stance)
        self.mode = self.settings.mode_for(policy.stance)
        self.publication = published(policy.stance, policy.catalogue)
        self.point.follow(policy, self.publication)
        self._reports.follow(policy, self.publication)
        self.policy = policy
        self.changed(policy)
        self.claims.follow(policy)
        self._publish()
        self.emit(
            Loaded(
                program=rule_folder.program_version(),
                rules=len(policy.rules),
                in_force=policy.in_force,
                signatures=policy.matcher.tokens,
                enforcing=self.mode == "enforce",
                standards=self._carried(self.publication),
            )
        )

    def _edges_changed(self, found: EdgeAddresses) -> None:
        """`stagedoor update` has fetched new lists."""
        self.edges = found
        if self.settings is not None and self.policy is not None:
            self.trusted = self.settings.trusted_for(self.policy.stance, found)

    @property
    def prefix(self) -> str:
        """Begins lines about the site, where it is one of several."""
        return f"{self.settings.site}: " if self.settings is not None and self.settings.site else ""

    def _build(self, found: Sequence[Source]) -> Policy:
        return self._built(found, self._site)

    def _built(self, found: Sequence[Source], site: str) -> Policy:
        policy = rule_folder.build(found, (self.shared or self).policy, site)
        self.vouch(policy)
        return policy

    def open(self, client: HttpClient | None = None) -> None:
        """Begin, with the event loop running. StagedoorError where something cannot be had.

        `client` fetches key directories; None for the usual one.
        """
        assert self.settings is not None
        assert self.policy is not None
        settings, policy = self.settings, self.policy
        self.claims.open(settings.lists, settings.resolvers, policy, client)
        self.licences.open(settings.state)
        self._open_store()
        self._evidence = True
        self.suite.open(
            settings.state,
            ledger=policy.stance.evidence.ledger == "yes",
            program=rule_folder.program_version(),
            site=policy.stance.publish.address,
        )
        # The directory is there now, or the start has ended with its reason.
        self.marks.open(settings.state)
        self.traps.open(settings.state)
        if self.suite.handings is not None:
            self.marks.look_up = self.suite.handings.look_up
        self._publish()

    def _open_store(self) -> None:
        """The memory of this guard alone, or one that it shares with others."""
        assert self.settings is not None
        assert self.policy is not None
        address = self.settings.store_for(self.policy.stance)
        if address is None:
            self.store = MemoryStore(self.settings.clients)
            return
        site = self.settings.site or self.policy.stance.publish.address.partition("://")[2]
        self.store = self._shared = open_shared(
            address, self.settings.clients, site=site, heard=self._heard
        )
        self._shared.logs.share(self.tracks)
        for name, source in self._shared.measures().items():
            self.suite.watch(name, source)

    def _heard(self) -> None:
        """Another guard has begun a sentence: who was let in before may be under it."""
        self.sound.turn += 1

    def close(self) -> None:
        """Close what open() opened, and the files that are being written."""
        if self._shared is not None:
            self._shared.close()
        self.watcher.close()
        self.claims.close()
        self.licences.server.close()
        self.marks.close()
        self.suite.close()

    def _publish(self) -> None:
        """What is published from now on."""
        if not self._evidence:
            return
        said, now = self.publication, _now()
        self.emit(Published(HEADERS, HEADERS, said.header_text or None, now))
        for path, file in said.files.items():
            self.emit(Published(path, file.standard, file.text, now))
        if said.merges_robots:
            # Until the site's own has been seen, this is what it would be without one.
            self.emit(Published(ROBOTS, "robots", said.robots(None).text, now))
        self._publish_licences()

    def _licences_changed(self) -> None:
        self.point.follow_licences(self.policy)
        if self._evidence:
            self._publish_licences()

    def _publish_licences(self) -> None:
        """The texts of what was granted: what a licensed request was allowed by."""
        for licence in self.licences.granted:
            text = None if licence.revoked else licence.text()
            self.emit(Published(f"licence {licence.id}", "licence", text, _now()))


def _now() -> int:
    return int(time.time() * 1000)
