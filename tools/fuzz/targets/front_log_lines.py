"""Lines of proxies that ask the counter: fronts/authorize/front_logs.py."""

from __future__ import annotations

from contextlib import suppress

from stagedoor.fronts.addresses import networks, parse
from stagedoor.fronts.authorize.front_logs import MOST, read

TRUSTED = networks(("127.0.0.0/8",))
SEEDS = (
    b'<190>Nov 29 14:00:00 x: {"stagedoor":1,"client":"1.2.3.4","chain":"","method":"GET","host":"x",'
    b'"target":"/a.mp3","agent":"b","status":"206","sent":"9","seconds":"0.1","type":"audio/mpeg",'
    b'"length":"9","range":"bytes 0-8/9","coding":"","verdict":"HIT"}',
    b'{"resp_headers":{"Content-Type":["a"]},"request":{"remote_ip":"1.1.1.1","method":"GET","uri":"/"'
    b',"headers":{"User-Agent":["b"]}},"status":200,"size":9,"duration":0.1}',
    b'{"DownstreamStatus":200,"DownstreamContentSize":9,"RequestMethod":"GET","RequestPath":"/",'
    b'"ClientHost":"1.1.1.1","Duration":1}',
)


def check(data: bytes) -> None:
    """What a line says is bounded, and its address is one, or empty."""
    with suppress(ValueError):
        found = read(data, TRUSTED)
        if found is not None:
            assert 0 <= found.size <= MOST
            assert 0 <= found.seconds <= MOST
            assert not found.address or parse(found.address) is not None
            found.target.encode("latin-1")
            found.agent.encode("latin-1")
