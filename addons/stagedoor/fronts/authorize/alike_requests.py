"""Requests like an earlier one, of somebody of whom nothing is known: decided as that one was.

Most of what a front asks about comes from people with one of a few browsers, for pages, images and
recordings that others ask for as well. The verdict then follows from what a kept verdict is good for
(`lasting_verdicts.KEY`), from the rules that may hold for such a resource, and from what is known of the
visitor. Where that is nothing, before and now, it is the same verdict, and nothing is weighed again. It is
recorded, and expected to be sent, as any other. It does not age: what it follows from is looked at each time.
"""

from __future__ import annotations

from collections.abc import Callable

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.lasting_verdicts import KEY, OF_ONE_REQUEST
from stagedoor.fronts.crowds import is_crowd
from stagedoor.identify.browser_look import asked_for
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import PEOPLE, Mode, Resource
from stagedoor.model.heard import NO_LISTENING
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.policy import Policy
from stagedoor.store.interface import Store
from stagedoor.store.memory import MemoryStore
from stagedoor.store.tracks import Tracks

MOST = 4096
"""Kinds of requests; some 10 MB."""
_NAMES = tuple(name.lower() for name in KEY)
_Key = tuple[object, ...]


class AlikeRequests:
    """What one counter has decided. `store`, `turn` (see Transaction) and `tracks` are the service's."""

    def __init__(self, store: Callable[[], Store], turn: Callable[[], int], tracks: Tracks) -> None:
        self._store, self._turn, self._tracks = store, turn, tracks
        self._known: dict[_Key, tuple[Transaction, int]] = {}
        self._policy: Policy | None = None
        self._mode: Mode = "enforce"

    def learn(self, transaction: Transaction, kept: int) -> None:
        """It was decided; its verdict may be kept for so many seconds, for the same key."""
        policy, client = transaction.policy, transaction.client
        steps, verdict = transaction.steps, transaction.verdict
        if not kept or verdict.refused or client.purpose not in PEOPLE:
            return
        if client.proof != "unverified" or "request.address" in policy.uses or transaction.counted:
            return  # another address may be another matter
        if transaction.listened is not bool(steps.listening or steps.sentences):
            return
        if transaction.behaviour.listening is not NO_LISTENING or transaction.waits:
            return
        if self._policy is not policy or self._mode != transaction.mode or len(self._known) >= MOST:
            self._known.clear()
            self._policy, self._mode = policy, transaction.mode
        self._known[self._key(transaction)] = transaction, kept

    def decide(self, transaction: Transaction) -> bool:
        """Fill in what an earlier one has shown; False, and nothing, where there is none that fits."""
        policy, request = transaction.policy, transaction.request
        if self._policy is not policy or self._mode != transaction.mode:
            return False
        first = request.first
        if not first or request.credentials != "none" or not OF_ONE_REQUEST.isdisjoint(first):
            return False
        resource = policy.classify(request.path, request.target or None)
        if request.path == policy.trap or not self._by_name_alone(resource):
            return False
        transaction.client = policy.claim(request.agent)
        transaction.resource = resource
        transaction.steps = policy.plan.steps(request, transaction.client, resource)
        key = self._key(transaction)
        found = self._known.get(key)
        if found is None:
            return False
        earlier, kept = found
        if earlier.steps is not transaction.steps:  # of those that were forgotten
            return False
        if earlier.listened and not self._unknown(transaction):
            return False
        transaction.client, transaction.verdict = earlier.client, earlier.verdict
        if isinstance(transaction, Asked):
            transaction.kept = kept
        return True

    def _by_name_alone(self, resource: Resource) -> bool:
        """Whether no playlist or response has shown the resource to be something else."""
        tracks = self._tracks
        return not tracks.any_live if resource.guarded else not tracks.listed(resource.path)

    def _unknown(self, transaction: Transaction) -> bool:
        """Whether nothing is known of the visitor; then it is as it would be after a look."""
        store, request, resource = self._store(), transaction.request, transaction.resource
        home = client_key(request.address)
        if not isinstance(store, MemoryStore) or store.remembers(home):
            return False
        if store.under_way(transaction.listener) or is_crowd(transaction):
            return False
        transaction.household = home
        if resource.guarded and request.method != "HEAD":
            key = resource.track or track_key(request.path, request.target)
            transaction.recording = self._tracks.place(key).track
        transaction.listened, transaction.turn = True, self._turn()
        return True

    @staticmethod
    def _key(transaction: Transaction) -> _Key:
        request = transaction.request
        first = request.first or {}
        return (
            id(transaction.steps),
            request.method,
            request.host,
            asked_for(request.path, request.target).kind,  # all that traits see of its path
            *map(first.get, _NAMES),
        )
