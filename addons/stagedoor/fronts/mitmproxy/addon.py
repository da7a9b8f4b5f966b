"""The Guard: mitmproxy's hooks, in the order a request meets them.

No decision is made here. Each hook reads facts, asks the policy, and carries the verdict out.

What happens when the guard itself fails is decided here and nowhere else: mitmproxy would let the
request pass; `on_error` of the stance says what to do instead, and every such event is counted.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from mitmproxy import connection, ctx, exceptions, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import mode_specs, server_hooks

from stagedoor.config.yamltext import Source
from stagedoor.fronts.addresses import Network
from stagedoor.fronts.mitmproxy import hangups, lean, startup
from stagedoor.fronts.mitmproxy.connection_setup import Visitors
from stagedoor.fronts.mitmproxy.delivery import Handing
from stagedoor.fronts.mitmproxy.dispatch import shorten
from stagedoor.fronts.mitmproxy.flow_request import read
from stagedoor.fronts.mitmproxy.forwarding import (
    forward,
    hang_up_all,
    is_local,
    replace_response,
    unreachable,
)
from stagedoor.fronts.mitmproxy.inquiry import Inquiry
from stagedoor.fronts.mitmproxy.options import OPTIONS, Settings, misspelt, parse
from stagedoor.fronts.mitmproxy.passage import Passage, weighing
from stagedoor.fronts.mitmproxy.refusals import refuse, unavailable
from stagedoor.fronts.mitmproxy.signal_responses import Saying, carried
from stagedoor.load import rule_folder
from stagedoor.load.watcher import Watcher
from stagedoor.model.errors import ConfigError, StagedoorError
from stagedoor.model.facts import PEOPLE, Mode, Request, Resource
from stagedoor.publish.publication import NOTHING, published
from stagedoor.record import Sink, backfill
from stagedoor.record.daily import Day
from stagedoor.record.decision_log import Decisions
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.metrics import Metrics
from stagedoor.record.terminal import Terminal
from stagedoor.record.witness import Witness
from stagedoor.resources.kinds import reclassify
from stagedoor.rules.plan import NOBODY_REMEMBERS, never_too_fast
from stagedoor.rules.policy import Policy, observed
from stagedoor.rules.rule import RETRY_AFTER
from stagedoor.store.memory import Memory
from stagedoor.store.turn import Turn
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.routes import routes
from stagedoor.web.desk.view import Outlook
from stagedoor.web.gate import Gate, is_loopback, new_password

_log = logging.getLogger("stagedoor.door")

_PASSAGE = "stagedoor"
"""Where a flow's passage is kept, in its metadata."""
_OURS = "stagedoor.answer"
"""Marks a flow whose response is the guard's own."""
MOST_WAITING = 200
"""Requests that are delayed at the same time: each holds a connection open."""
SWITCH = 10.0
"""Seconds that the desk waits for the mode to be changed."""
UPSTREAM_SILENCE = 10.0
"""Seconds between two lines about a site that does not answer."""


class Guard:
    """The addon."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self._policy: Policy | None = None
        self._settings: Settings | None = None
        self._mode: Mode = "enforce"
        self._trusted: tuple[Network, ...] = ()
        self._keep_host = True
        self._sinks: list[Sink] = []
        self._running = False
        self._upstream_told = 0.0
        self._forwarded_told = False
        self._inquiry = Inquiry(self.metrics)
        self._memory = Memory(1)
        self._day = Day()
        self._witness = Witness(self.metrics, self._day)
        self._saying = Saying(NOTHING, self.metrics.page)
        self._watcher = Watcher(self._build, self._take, self.metrics)
        self._handing = Handing(self.metrics)
        self._waiting = 0
        self._visitors = Visitors(self.metrics, lambda: self._trusted)
        self._lengthen: Callable[[], None] = lambda: None

    # -- start, change, stop -------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        lean.quiet()
        self._visitors.open()
        startup.settle_deferred(ctx.options.deferred)
        for name, default, help_text in OPTIONS:
            loader.add_option(name, str, default, help_text)

    def configure(self, updated: AbstractSet[str]) -> None:
        """Read options and rules. At the start every mistake is a line of its own and stops it."""
        if not any(name in updated for name, _, _ in OPTIONS):
            return
        fixed = {"guard_state", "guard_metrics", "guard_desk_password"} & updated
        if self._running and fixed:
            raise exceptions.OptionsError(f"{min(fixed)} takes effect at the next start only")
        try:
            self._apply(parse(ctx.options))
        except (ValueError, StagedoorError) as error:
            if self._running:  # mitmproxy rolls the option back, the old rules stay in force
                raise exceptions.OptionsError(str(error)) from error
            for text in str(error).splitlines():
                _log.error("%s", text)
            if isinstance(error, ConfigError):
                count = len(error.problems)
                _log.error("%d mistake%s; nothing was started.", count, "s" * (count != 1))
            return
        if not self._running:
            startup.into_reverse_mode(self._policy)

    def _apply(self, settings: Settings) -> None:
        """All or nothing: only what is wholly understood takes the place of what was."""
        if self._policy is None or self._settings is None or settings.rules != self._settings.rules:
            found = rule_folder.sources(settings.rules)
            policy = rule_folder.build(found, self._policy)
            self._watcher.know(settings.rules, found)
        else:
            policy = self._policy
        self._settings = settings
        self._visitors.bound(settings)
        self._take(policy)

    def _take(self, policy: Policy) -> None:
        """Decide by `policy` from now on: one assignment, whole or not at all."""
        assert self._settings is not None
        self._trusted = self._settings.trusted_for(policy.stance)
        self._mode = self._settings.mode_for(policy.stance)
        said = published(policy.stance, policy.catalogue)
        self._policy, self._saying = policy, Saying(said, self.metrics.page)
        self._inquiry.follow(policy)
        self._witness.follow(said)
        self.metrics.saying(len(carried(said.headers)))
        self.metrics.loaded(
            program=rule_folder.program_version(),
            rules=len(policy.rules),
            in_force=policy.in_force,
            signatures=policy.matcher.tokens,
            enforcing=self._mode == "enforce",
        )

    def _build(self, found: Sequence[Source]) -> Policy:
        return rule_folder.build(found, self._policy)

    def running(self) -> None:
        """The proxy is up: open what the guard needs, tell what is guarded."""
        self._running = True
        self._visitors.make_way()
        wrong = misspelt(ctx.options.deferred)
        for text in wrong:
            _log.error("%s", text)
        if wrong or self._policy is None or self._settings is None:
            return  # it has been told why, and mitmproxy stops
        self._keep_host = ctx.options.keep_host_header or all(map(is_local, startup.hosts()))
        ctx.options.update(**{n: v for n, v in lean.OPTIONS.items() if n in ctx.options})
        try:
            self._inquiry.open(self._settings, self._policy)
            self._memory = Memory(self._settings.clients)
            self._witness.open(self._settings.clients, None)
            metrics, password = self._serve(self._settings)
            self._sinks = [self.metrics, self._day, Terminal()]
            if self._settings.state:
                if self._policy.stance.evidence.ledger == "yes":
                    ledger = Ledger(
                        self._settings.state,
                        self.metrics.unrecorded,
                        program=rule_folder.program_version(),
                    )
                    self._witness.open(self._settings.clients, ledger)
                    for name, source in ledger.measures().items():
                        self.metrics.watch(name, source)
                self._sinks.append(
                    Decisions(
                        self._settings.state,
                        lambda: self.metrics.error("decision-log", "unrecorded"),
                    )
                )
        except StagedoorError as error:
            _log.error("%s", error)
            return
        if metrics and self._settings.state:
            filling = (self._day, self._settings.state)
            threading.Thread(target=backfill.fill, args=filling, daemon=True).start()
        for text in startup.message(self._policy, self._settings, self._mode, metrics, password):
            _log.info("%s", text)
        for problem in self._policy.advice:
            _log.warning("%s", problem)
        self._visitors.harden(ctx.master.addons.get("proxyserver"))
        hangups.heed(self.reload)
        self._lean = asyncio.create_task(self._settle(), name="stagedoor lean")

    def _serve(self, settings: Settings) -> tuple[tuple[str, int] | None, str]:
        """Metrics and desk; returns their address and the desk's password, where it asks for one."""
        if settings.metrics is None:
            return None, ""
        host, port = settings.metrics
        password = settings.desk_password or ("" if is_loopback(host) else new_password())
        self._loop = asyncio.get_running_loop()
        desk = Desk(self._day, self._outlook, self._switch, Gate(host, password))
        return self.metrics.serve(host, port, routes(desk)), password

    def _outlook(self) -> Outlook | None:
        """What the desk shows of the guard."""
        if self._policy is None or self._settings is None:
            return None
        program, trouble = rule_folder.program_version(), self._watcher.trouble
        return Outlook(self._policy, self._mode, self._settings.state, program, trouble)

    def _switch(self, mode: Mode, by: str) -> None:
        """Change the mode, asked for by the desk in its thread; done between two requests."""
        change = asyncio.run_coroutine_threadsafe(self._change(mode, by), self._loop)
        try:
            change.result(timeout=SWITCH)
        except (TimeoutError, exceptions.OptionsError) as error:
            raise StagedoorError(f"the mode stays {self._mode}: {error}") from error

    async def _change(self, mode: Mode, by: str) -> None:
        ctx.options.update(guard_mode=mode)
        _log.info("mode %s from now on, switched at the desk from %s", mode, by)

    async def _settle(self) -> None:
        """Once no event is walking the addons: leave only what a door needs."""
        await asyncio.sleep(0)  # mitmproxy's tasks begin at once, in the middle of this event
        if not self._running:
            return
        lean.lift(ctx.master, self)
        await lean.remove(ctx.master)
        self._lengthen = shorten(ctx.master)
        self._watcher.open()

    def reload(self) -> None:
        """SIGHUP: write to new files from now on, and read the rules again."""
        _log.info("SIGHUP: logs are opened anew, and rules read again")
        for sink in self._sinks:
            if isinstance(sink, Decisions):
                sink.reopen()
        self._watcher.look_again()

    def done(self) -> None:
        """Close what running() opened."""
        self._running = False
        self._watcher.close()
        self._visitors.close()
        hangups.ignore()
        self._lengthen()
        self._inquiry.close()
        self._witness.close()
        for sink in self._sinks:
            sink.close()
        self.metrics.close()
        self._sinks = []

    # -- one connection ------------------------------------------------------------------------

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Take the fingerprint: later, nobody can see the handshake any more."""
        try:
            self._inquiry.hello(data)
        except Exception:  # noqa: BLE001 (without a fingerprint, nothing is held against anybody)
            self.metrics.error("fingerprint", "unrecorded")
            _log.exception("a TLS handshake could not be read")

    # -- one request ---------------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Decide, before any body is read and before the site hears of it.

        mitmproxy awaits what is returned: a request that is delayed waits there.
        """
        if flow.error:  # mitmproxy has refused it already (an invalid request)
            return None
        try:
            return None if self._visitors.malformed(flow) else self._enter(flow)
        except Exception:  # noqa: BLE001 (whatever it is, on_error decides)
            self._failed(flow, "request")
            return None

    def _enter(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        if not isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
            # Bare start-up begins as a forward proxy for a moment: nobody may use it as one.
            flow.kill()
            return None
        policy = self._policy
        if policy is None:
            self._answer(flow, unavailable(None))
            return None
        began = time.perf_counter()
        request = read(flow, self._trusted)
        signed = self._inquiry.signature(flow, request, self._trusted)
        client = policy.recognise(
            request,
            self._inquiry.arrival(flow, request, self._trusted),
            signed.signer if signed.standing == "verified" else "",
            lambda claim: self._inquiry.prove(claim, request, signed),
        )
        resource = policy.classify(request.path)
        turn = self._turn(policy, request, resource)
        behaviour, found = self._witness.asked(
            policy, client, request, resource, turn.behaviour if turn else NOBODY_REMEMBERS
        )
        verdict = policy.decide(
            request, client, resource, behaviour, turn.wait if turn else never_too_fast
        )
        if self._mode == "observe":
            verdict = observed(verdict)
        took = time.perf_counter() - began
        passage = Passage(
            policy, request, client, resource, verdict, took, turn, behaviour, bool(found)
        )
        flow.metadata[_PASSAGE] = passage
        waiting = self._wait(passage)
        if passage.verdict.refused:
            self._record(passage)
            self._answer(flow, self._refusal(passage))
            self._handing.withheld(flow, passage, None)
            self.metrics.added(time.perf_counter() - began)
            return None
        forward(flow, self._trusted, keep_host=self._keep_host)
        self._saying.arriving(flow, request.path)
        self._tell_about_proxies(request)
        passage.sent = time.perf_counter()
        passage.added = passage.sent - began
        return waiting

    def _turn(self, policy: Policy, request: Request, resource: Resource) -> Turn | None:
        """The request in the memory; None where no rule asks for that."""
        if not policy.counts:
            return None
        recording = request.path if resource.guarded else ""
        return Turn(self._memory, request.address, time.monotonic(), recording)

    def _wait(self, passage: Passage) -> Awaitable[None] | None:
        """What a delayed request has to wait for. Where too many do so already, it is throttled."""
        verdict = passage.verdict
        if verdict.action != "delay" or passage.waited:
            return None
        if self._waiting >= MOST_WAITING:
            passage.verdict = replace(verdict, action="throttle", status=429, seconds=RETRY_AFTER)
            return None
        passage.waited = True
        return self._hold(passage)

    async def _hold(self, passage: Passage) -> None:
        self._waiting += 1
        try:
            await asyncio.sleep(passage.verdict.seconds)
        finally:
            self._waiting -= 1
            passage.sent = time.perf_counter()

    def _refusal(self, passage: Passage) -> http.Response:
        response = refuse(
            passage.request,
            passage.client,
            passage.resource,
            passage.verdict,
            passage.policy.stance.artist,
            passage.name(),
        )
        self._saying.refusing(response)
        return response

    def _answer(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Answer in the site's place; what the client still uploads is thrown away (hardening)."""
        flow.metadata[_OURS] = True
        flow.response = response

    def responseheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Now the type is known: decide again where it matters, then stream."""
        passage = flow.metadata.get(_PASSAGE)
        if flow.response is None or _OURS in flow.metadata:
            return None
        flow.response.stream = True
        flow.response.headers.pop("alt-svc", None)  # it would lead visitors past the door
        if passage is None:  # let in by on_error, undecided
            return None
        try:
            return self._leave(flow, flow.response, passage)
        except Exception:  # noqa: BLE001
            self._failed(flow, "response")
            return None

    def _leave(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage
    ) -> Awaitable[None] | None:
        began = time.perf_counter()
        self.metrics.answered(response.status_code, began - passage.sent if passage.sent else None)
        resource = reclassify(passage.resource, response.headers.get("content-type", ""))
        if resource is not passage.resource:
            self._decide_again(passage, resource)
        waiting = self._wait(passage)
        self._record(passage)
        if passage.verdict.refused:
            self._handing.withheld(flow, passage, response)
            replace_response(flow, self._refusal(passage))
        else:
            self._pass(flow, response, passage)
        self.metrics.added(passage.added + time.perf_counter() - began)
        return waiting

    def _pass(self, flow: http.HTTPFlow, response: http.Response, passage: Passage) -> None:
        """Let a response go out: what it says is mended, what goes out of it is counted."""
        resource = passage.resource
        status = response.status_code  # of the site: a file of ours may take its place
        if resource.kind == "audio":
            took = self._memory.took if passage.turn else None
            response.stream = self._handing.audio(passage, response, took)
        standards = self._saying.leaving(
            flow, resource, lambda path, text: self._witness.handed(passage.event(), path, text)
        )
        self.metrics.response(resource.kind, standards)
        if passage.client.purpose not in PEOPLE:
            passage.status = response.status_code
            response.stream = weighing(response.stream, passage)
            self._handing.program(passage, flow.request.method, status)

    def _decide_again(self, passage: Passage, resource: Resource) -> None:
        """By the rules that decided first: a reload in between changes no request half-way."""
        began = time.perf_counter()
        turn = passage.turn
        verdict = passage.policy.decide(
            passage.request,
            passage.client,
            resource,
            passage.behaviour,
            turn.wait if turn else never_too_fast,
        )
        if self._mode == "observe":
            verdict = observed(verdict)
        passage.resource, passage.verdict = resource, verdict
        passage.seconds += time.perf_counter() - began

    def response(self, flow: http.HTTPFlow) -> None:
        """A response has gone out whole."""
        self._end(flow.metadata.get(_PASSAGE))

    def error(self, flow: http.HTTPFlow) -> None:
        """The site did not answer, or the client went away: the request was decided all the same."""
        passage = flow.metadata.get(_PASSAGE)
        if passage is not None:
            self._record(passage)
            self._end(passage)

    def _end(self, passage: Passage | None) -> None:
        """Write down what a machine was handed, once."""
        if passage is None:
            return
        if passage.ending is not None:
            passage.ending()
            passage.ending = None
        if passage.ended or not passage.status:
            return
        passage.ended = True
        try:
            self._witness.took(
                passage.event(), passage.status, passage.size, against=passage.against
            )
        except Exception:  # noqa: BLE001 (a ledger that fails never fails a request)
            self.metrics.error("record", "unrecorded")
            _log.exception("the ledger could not record what was taken")

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Forget messages once they have passed: mitmproxy would keep all of them."""
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]

    def client_disconnected(self, client: connection.Client) -> None:
        """Leave nothing behind of a client that is gone: no socket, no fingerprint."""
        hang_up_all(client)
        self._inquiry.forget(client)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """The site behind does not answer."""
        self.metrics.upstream_error()
        now = time.monotonic()
        if now - self._upstream_told > UPSTREAM_SILENCE:
            self._upstream_told = now
            _log.warning("%s", unreachable(data.server))

    # -- when things go wrong ------------------------------------------------------------------

    def _record(self, passage: Passage) -> None:
        if passage.recorded:
            return
        passage.recorded = True
        event = passage.event()
        try:
            self._witness.decided(event)
        except Exception:  # noqa: BLE001 (a ledger that fails never fails a request)
            self.metrics.error("record", "unrecorded")
            _log.exception("the ledger could not record a decision")
        for sink in self._sinks:
            try:
                sink.record(event)
            except Exception:  # noqa: BLE001 (a failing sink never fails a request)
                self.metrics.error("record", "unrecorded")
                _log.exception("%s could not record a decision", type(sink).__name__)

    def _failed(self, flow: http.HTTPFlow, step: str) -> None:
        """Open or closed, as the stance says for this kind of resource."""
        stance = self._policy.stance if self._policy else None
        request, recording = self._best_knowledge(flow)
        closed = (
            stance is None
            or (stance.on_error.audio if recording else stance.on_error.pages) == "closed"
        )
        outcome = "closed" if closed else "open"
        self.metrics.error(step, outcome)
        _log.exception("the guard failed on a %s; on_error says %s", step, outcome)
        if step == "response":
            if closed:
                replace_response(flow, unavailable(request))
        elif closed:
            self._answer(flow, unavailable(request))
        else:
            forward(flow, self._trusted, keep_host=self._keep_host)

    def _best_knowledge(self, flow: http.HTTPFlow) -> tuple[Request | None, bool]:
        """The request, and whether it is about a recording; in doubt it is."""
        passage = flow.metadata.get(_PASSAGE)
        if passage is not None and passage.resource.guarded:
            return passage.request, True
        try:
            request = read(flow, self._trusted)
            resource = self._policy.classify(request.path) if self._policy else None
            if resource is not None and flow.response is not None:
                resource = reclassify(resource, flow.response.headers.get("content-type", ""))
        except Exception:  # noqa: BLE001 (in doubt, the door stays closed)
            return None, True
        return request, resource is None or resource.guarded

    def _tell_about_proxies(self, request: Request) -> None:
        """Once: a proxy in front that is not trusted makes every visitor look like one."""
        if self._forwarded_told or self._trusted or not request.header("x-forwarded-for"):
            return
        if is_local(request.address):
            self._forwarded_told = True
            _log.warning(
                "requests come from %s with X-Forwarded-For, which is not believed: if that is "
                "your own proxy, start with --set guard_trusted_proxies=%s",
                request.address,
                request.address,
            )
