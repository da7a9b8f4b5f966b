"""A server that speaks Valkey's protocol (Valkey, Redis 6.2 and later): scripts and pipelines.

Each script touches keys of one hash tag only, so that a cluster can hold them. A script that the
server has forgotten, because it was started anew, is loaded again. All commands of a batch go out in
one pipeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from stagedoor.config.store_address import StoreAddress
from stagedoor.model.errors import StagedoorError

PATIENCE = 1.0
"""Seconds for a batch or a connection; then the server counts as away."""
_LOADS = 3
"""Times that scripts are loaded for one batch: somebody may flush them in between."""

_EXCHANGE = """
local news = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', {at_once})
local held, id = {{}}, false
if ARGV[1] == '0-0' then held = redis.call('LRANGE', KEYS[2], 0, -1) end
if ARGV[2] then
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', {entries}, '*', 'o', ARGV[2])
  redis.call('EXPIRE', KEYS[1], {seconds})
end
if ARGV[4] then
  redis.call('RPUSH', KEYS[2], ARGV[3])
  redis.call('LTRIM', KEYS[2], -128, -1)
  if redis.call('TTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('EXPIRE', KEYS[2], ARGV[4]) end
end
return {{news, held, id}}
"""


def exchange_script(*, at_once: int, entries: int, seconds: int) -> str:
    """Adds to a log, and reads it. Keys: log, held. Arguments: from where on; an entry, or none; what
    of it is held, and for how many seconds, or neither. Returns news, what is held, and the entry's id.

    A log has so many `entries`, roughly, and lasts `seconds` after the last; `at_once` are read.
    """
    return _EXCHANGE.format(at_once=at_once, entries=entries, seconds=seconds)


ONCE = """
local known = redis.call('GET', KEYS[1])
if known then
  local until_, owner = string.match(known, '^([^ ]*) (.*)$')
  if tonumber(ARGV[3]) <= tonumber(until_) and (ARGV[4] ~= '1' or owner ~= ARGV[1]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1], 'PX', ARGV[5])
return 1
"""
"""Key: what counts once. Arguments: owner, until, now, shared, milliseconds. Returns 1 where it may."""

PRESENT = """
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now[1] - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2] * 10)
return {now, redis.call('ZRANGE', KEYS[1], 0, -1)}
"""
"""Key: the guards. Arguments: this one, seconds until one is gone. Returns time and guards."""


class ServerAwayError(Exception):
    """The server does not answer, or not as it should; the text says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """A script with its keys and arguments, or a plain command (`script` empty)."""

    script: str
    keys: tuple[str, ...]
    arguments: tuple[str | bytes | int | float, ...]


class ValkeyServer:
    """One connection, made when it is needed. StagedoorError where the client is not installed."""

    def __init__(self, address: StoreAddress, password: str) -> None:
        try:
            import valkey.asyncio  # noqa: PLC0415 (an extra: only who shares a store needs it)
        except ImportError as error:
            raise StagedoorError(
                "a shared store needs one more package — pip install 'stagedoor[valkey]'"
            ) from error
        self._library = valkey
        self._address = address
        options: dict[str, Any] = {
            "db": address.database,
            "username": address.user or None,
            "password": password or None,
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "lib_name": None,
            "lib_version": None,
        }
        if address.path:
            options["unix_socket_path"] = address.path
        else:
            options |= {"host": address.host, "port": address.port}
        if address.tls:
            options |= {
                "ssl": True,
                "ssl_check_hostname": True,
                "ssl_ca_certs": address.authorities or None,
            }
        self._options = options
        self._client: Any = None
        self._digests: dict[str, str] = {}

    def __str__(self) -> str:
        """As a log may show it."""
        return str(self._address)

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to a batch. ServerAwayError where there are none, or one is an error."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._run(commands)
        except TimeoutError as error:
            await self.close()
            raise ServerAwayError("it does not answer") from error
        except (self._library.ValkeyError, OSError) as error:
            await self.close()
            raise ServerAwayError(str(error) or type(error).__name__) from error

    async def _run(self, commands: Sequence[Command]) -> list[Any]:
        if self._client is None:
            self._client = self._library.asyncio.Valkey(**self._options)
            self._digests = {}
        found = await self._send(commands)
        unknown = self._library.exceptions.NoScriptError
        for _ in range(_LOADS):
            again = [place for place, reply in enumerate(found) if isinstance(reply, unknown)]
            if not again:
                break
            for script in {commands[place].script for place in again}:
                await self._client.script_load(script)
            replies = await self._send([commands[place] for place in again])
            for place, reply in zip(again, replies, strict=True):
                found[place] = reply
        for reply in found:
            if isinstance(reply, Exception):
                raise reply
        return found

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            if command.script:
                keys, digest = command.keys, self._digest(command.script)
                pipeline.evalsha(digest, len(keys), *keys, *command.arguments)
            else:
                pipeline.execute_command(*command.keys, *command.arguments)
        found: list[Any] = await pipeline.execute(raise_on_error=False)
        return found

    def _digest(self, script: str) -> str:
        found = self._digests.get(script)
        if found is None:
            # The protocol names scripts by it.
            found = self._digests[script] = sha1(script.encode(), usedforsecurity=False).hexdigest()
        return found

    async def close(self) -> None:
        """End the connection; the next batch makes a new one."""
        client, self._client = self._client, None
        if client is not None:
            try:
                async with asyncio.timeout(PATIENCE):
                    await client.aclose()
            except (self._library.ValkeyError, OSError, TimeoutError):
                pass  # it was gone already
