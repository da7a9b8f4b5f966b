"""All listening sessions: bounded, and so that strangers cannot make it forget somebody it watches.

A household has a session once something was sent to it. Its agents and its network have their own
only once there are two of them: until then the household's says the same. Where a pass stands for one
listener, it has a session, wherever it is shown, and its household has none of what it was sent.

Bounds: `most` sessions and four recordings for each on average. What is new takes the place of who
was quiet longest, and never of a session that is watched: that was sent much more than can have been
heard, or is under a sentence, or has tripped. Watched sessions have three quarters of the room; where
they are more, those go first against which nothing is held. A
network has at most HOMES households with a session; the rest of them count in the network's own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from stagedoor.engine.catalogued import Catalogued, parts, place
from stagedoor.engine.session import WATCHED, Session
from stagedoor.model.client_keys import network_key
from stagedoor.model.heard import (
    DRAIN,
    LONG,
    MANY,
    NO_LISTENING,
    NOTHING_HEARD,
    Amounts,
    Heard,
    Listener,
    Listening,
    Scope,
    Sentence,
    Sweep,
)
from stagedoor.model.recording_keys import recording_key
from stagedoor.model.sound import SoundSent

HOMES = 256
"""Households of one network with a session: all there are in a /24."""
AGENTS = 32
"""Agents of one household with a session; all others share one."""
_RECORDINGS = 4
"""Recordings remembered for each session on average."""
_LARGE = 1_000_000
"""Bytes: about a minute, where nobody knows how long a recording is."""
_KEPT = 0.75
_REST = b"others"


class Sessions:
    """At most `most` sessions."""

    def __init__(self, most: int) -> None:
        self._most = max(4, most)
        self._most_recordings = self._most * _RECORDINGS
        self._recordings = 0
        self._ranks: tuple[OrderedDict[str, Session], ...] = tuple(OrderedDict() for _ in range(3))
        """By `Session.rank`; in each, who was quiet longest is the first."""
        self._networks: dict[str, str | int] = {}
        """The one household of a network, or how many it has."""
        self.catalogue = Catalogued()

    def __len__(self) -> int:
        """How many sessions there are."""
        return sum(map(len, self._ranks))

    # -- what has happened -------------------------------------------------------------------------

    def sent(self, listener: Listener, sent: SoundSent, at: float) -> None:
        """A portion of a recording has gone out."""
        if sent.kind in {"live", "bought"} or sent.end <= sent.start:
            return
        sessions = self._of(listener, at)
        if sent.kind in {"episode", "archive"}:
            key = int.from_bytes(recording_key(sent.track))
            for session in sessions:
                before = session.recordings
                (session.episode if sent.kind == "episode" else session.archive)(key, at)
                self._recordings += session.recordings - before
        else:
            self._sent(sessions, sent, at)
        self._keep(listener, at)

    def _sent(self, sessions: Iterable[Session], sent: SoundSent, at: float) -> None:
        number = self.catalogue.number(sent.track)
        these, length = parts(sent)
        # Compressed on its way, nobody knows its size before, nor its seconds but roughly.
        large = not sent.size and sent.end >= _LARGE
        long = large or (length >= LONG if length else not sent.size or sent.size >= _LARGE)
        for session in sessions:
            before = session.recordings
            if session.sent(number, these, length, at, opened=sent.first, long=long):
                session.begun(place(sent.track), at)
            if sent.kind == "segment" and sent.first:
                session.segment(at)
            self._recordings += session.recordings - before

    def watched(self, listener: Listener, at: float) -> bool:
        """Whether its household is so far ahead that it is watched."""
        session = self.session(listener, "household")
        return session is not None and session.ahead(at) > WATCHED

    def owes(self, listener: Listener, seconds: float, at: float) -> None:
        """A new pass begins as if so much sound were ahead already."""
        session = self.session(listener, "household")
        if session is None:
            session = self._of(listener, at)[0]
            session.owe(seconds, at)
            self._keep(listener, at)

    def playlist(self, listener: Listener, at: float) -> None:
        """A playlist was sent."""
        for session in self._of(listener, at):
            session.playlist(at)

    def tripped(self, listener: Listener, seconds: float, at: float) -> None:
        """The trap link was followed; it is remembered for so long."""
        for session in self._of(listener, at):
            session.trip(at + seconds)
        self._keep(listener, at)

    def sentence(self, listener: Listener, sentence: Sentence, at: float) -> None:
        """A verdict lasts from now on."""
        self._of(listener, at)
        scope, until = sentence.scope, at + sentence.seconds
        session = self.session(listener, scope)
        if session is not None:
            session.sentence(sentence.rule, until, scope)
        if scope == "agent" and not listener.passed and (home := self._get(listener.household)):
            home.sentence(sentence.rule, until, scope)  # an agent is known while its household is
        self._keep(listener, at)

    def ignoring(self, listener: Listener, recording: str, at: float) -> None:
        """A recording was asked for while a sentence was in force."""
        key = int.from_bytes(recording_key(recording))
        for session in self._of(listener, at):
            session.ignoring(key, at)

    # -- what is known -----------------------------------------------------------------------------

    def heard(self, listener: Listener, scopes: Iterable[Scope], at: float) -> Listening:
        """The facts of these sessions; of the others nothing."""
        facts: dict[Scope, Heard] = {}
        for scope in scopes:
            session = self.session(listener, scope)
            if session is not None:
                facts[scope] = session.heard(at, self.catalogue.size, alone=scope == "agent")
        if not facts:
            return NO_LISTENING
        return Listening(
            facts.get("household", NOTHING_HEARD),
            facts.get("network", NOTHING_HEARD),
            facts.get("agent", NOTHING_HEARD),
        )

    def sweep(self, listener: Listener, amounts: Amounts, at: float) -> Sweep | None:
        """What this listener, or its network, was sent, where nobody listens to so much so soon."""
        home = self.session(listener, "household")
        if home is not None:
            agent = self.session(listener, "agent")
            if (
                (agent is not None and agent.has_whole(amounts.whole_files, at))
                or (home.ahead(at) > amounts.ahead and home.has_begun(MANY, at))
                or home.has_episodes(amounts.episodes, at)
                or home.has_archives(amounts.archives, at)
            ):
                return self.run(listener, "household", at)
        network = self.session(listener, "network")
        if network is None or network.ahead(at) <= amounts.at_once_by_network:
            return None
        return self.run(listener, "network", at) if network.has_begun(MANY, at) else None

    def run(self, listener: Listener, scope: Scope, at: float) -> Sweep | None:
        """What was sent without a pause; None where nothing was."""
        where: Scope = "network" if scope == "network" else "household"
        session = self.session(listener, where)
        count, seconds = session.run(at) if session is not None else (0, 0.0)
        return Sweep(where, count, seconds) if count else None

    def left(self, listener: Listener, rule: str, scope: Scope, at: float) -> float:
        """Seconds for which the sentence of a rule still lasts."""
        session = self.session(listener, scope)
        return session.left(rule, at) if session is not None else 0.0

    def begun(self, household: str, recording: str, at: float) -> bool:
        """Whether this recording was begun by this household within the hour."""
        session = self._get(household)
        return session is not None and session.remembers(self.catalogue.known(recording), at)

    def any_of(self, network: str) -> bool:
        """Whether there is a session of this network, or of a household in it."""
        return network in self._networks

    # -- whose session -----------------------------------------------------------------------------

    def _get(self, key: str) -> Session | None:
        passing, watched, held = self._ranks
        return passing.get(key) or watched.get(key) or held.get(key)

    def session(self, listener: Listener, scope: Scope) -> Session | None:
        """The session that says most about this scope of a listener; None where there is none."""
        if scope == "network":
            found = self._networks.get(listener.network)
            return self._get(found if isinstance(found, str) else listener.network)
        if listener.passed:
            return self._get(_pass_key(listener.passed))
        home = self._get(listener.household)
        if scope == "household" or home is None:
            return home
        agent = recording_key(listener.agent)
        if not isinstance(home.agents, dict):
            return home if home.agents in {agent, None} else None
        if agent not in home.agents:
            if len(home.agents) < AGENTS:
                return None
            agent = _REST
        return self._get(_agent_key(listener.household, agent))

    def _of(self, listener: Listener, at: float) -> tuple[Session, ...]:
        """The sessions that count what happens to this listener, made where they are missing."""
        if listener.passed:
            return self._of_pass(listener, at)
        network, home = self._joined(listener, at)
        found = (home, network) if home is not None and network is not None else (home or network,)
        if home is None:
            return tuple(one for one in found if one is not None)
        agent = recording_key(listener.agent)
        if home.agents is None or home.agents == agent:
            home.agents = agent
            return tuple(one for one in found if one is not None)
        own = self._agent(listener.household, home, agent, at)
        return tuple(one for one in (*found, own) if one is not None)

    def _of_pass(self, listener: Listener, at: float) -> tuple[Session, ...]:
        """The session of a pass, and of the network that it is shown in just now. That has one apart
        from its households from then on.
        """
        key, network = _pass_key(listener.passed), listener.network
        own = self._touched(key) or self._added(key, Session(DRAIN["agent"]), at)
        if not network:
            return (own,)
        there = self._networks.get(network, 0)
        if not isinstance(there, int) or not there:
            self._networks[network] = 1 if there else 0
        return own, self._network(network, there, at)

    def _joined(self, listener: Listener, at: float) -> tuple[Session | None, Session | None]:
        """Network and household; the network None where the household is all of it, the household
        None where its network has too many.
        """
        household, key = listener.household, listener.network
        home = self._touched(household)
        there = self._networks.get(key)
        if home is not None:
            if isinstance(there, int):
                return self._touched(key) or self._added(key, Session(DRAIN["network"]), at), home
            return None, home
        if not key:
            return None, self._added(household, Session(DRAIN["household"]), at)
        if there is None:
            self._networks[key] = household
            return None, self._added(household, Session(DRAIN["household"]), at)
        network = self._network(key, there, at)
        if isinstance(there, int) and there >= HOMES:
            return network, None
        self._networks[key] = there + 1 if isinstance(there, int) else 2
        return network, self._added(household, Session(DRAIN["household"]), at)

    def _network(self, key: str, there: str | int, at: float) -> Session:
        """The session of a network with several households; at first its only one's so far."""
        found = self._touched(key)
        if found is not None:
            return found
        first = self._get(there) if isinstance(there, str) else None
        if first is None:
            return self._added(key, Session(DRAIN["network"]), at)
        return self._parted(key, first, "network", at)

    def _agent(self, household: str, home: Session, agent: bytes, at: float) -> Session:
        """The session of one of several agents; the first has what the household has had so far."""
        if isinstance(home.agents, bytes):
            first = home.agents
            home.agents = {first: None}
            self._parted(_agent_key(household, first), home, "agent", at)
        assert isinstance(home.agents, dict)
        if agent not in home.agents:
            if len(home.agents) >= AGENTS:
                agent = _REST
            else:
                home.agents[agent] = None
        key = _agent_key(household, agent)
        return self._touched(key) or self._added(key, Session(DRAIN["agent"]), at)

    # -- room --------------------------------------------------------------------------------------

    def _touched(self, key: str) -> Session | None:
        for kept in self._ranks:
            session = kept.get(key)
            if session is not None:
                kept.move_to_end(key)
                return session
        return None

    def _parted(self, key: str, home: Session, scope: Scope, at: float) -> Session:
        """A session for what a household's has stood for until now; watched, where that needs it."""
        for kept in self._ranks:  # its household was forgotten meanwhile, and it was not
            if (old := kept.pop(key, None)) is not None:
                self._recordings -= old.recordings
        session = home.copied(DRAIN[scope])
        home.hand_over(session, scope)
        return self._added(key, session, at, session.rank(at))

    def _added(self, key: str, session: Session, at: float, rank: int = 0) -> Session:
        self._ranks[rank][key] = session
        self._recordings += session.recordings
        while len(self) > self._most:
            self._drop(at)
        return session

    def _keep(self, listener: Listener, at: float) -> None:
        """Watch the sessions of this listener that need it, and make room where there is none."""
        own = _pass_key(listener.passed) if listener.passed else listener.household
        keys = [own, listener.network]
        home = self._get(own)
        if home is not None and isinstance(home.agents, dict):
            keys.append(_agent_key(listener.household, recording_key(listener.agent)))
        for key in keys:
            for rank, kept in enumerate(self._ranks):
                session = kept.get(key)
                if session is not None:
                    if (now := session.rank(at)) > rank:
                        self._ranks[now][key] = kept.pop(key)
                    break
        while self._recordings > self._most_recordings and len(self) > 1:
            self._drop(at)

    def _drop(self, at: float) -> None:
        """Forget one: who passed by longest ago; of the watched only where they have most of the room."""
        passing, watched, held = self._ranks
        for rank in (1, 2):
            kept = self._ranks[rank]
            if kept:
                key, session = next(iter(kept.items()))
                if (now := session.rank(at)) < rank:  # what it was watched for is over
                    self._ranks[now][key] = kept.pop(key)
                    self._ranks[now].move_to_end(key, last=False)
        # By their number, or by their recordings, of which a watched session has many.
        most = min(len(self), self._most)
        crowded = len(watched) + len(held) > most * _KEPT
        kept = passing if passing and not crowded else watched or held
        key, session = kept.popitem(last=False)
        self._recordings -= session.recordings
        self._left(key)

    def _left(self, key: str) -> None:
        """A household, network or agent is forgotten."""
        if "\0" in key:
            return
        network = network_key(key)
        there = self._networks.get(network)
        if there == key:
            del self._networks[network]
        elif isinstance(there, int):
            homes = there - (network != key)
            if homes > 0 or self._get(network) is not None:
                self._networks[network] = homes
            else:
                del self._networks[network]


def _agent_key(household: str, agent: bytes) -> str:
    return f"{household}\0{agent.decode('latin-1')}"


def _pass_key(serial: str) -> str:
    return f"\0{serial}"
