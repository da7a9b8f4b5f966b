"""`python -m stagedoor.fronts.mitmproxy.worker`: one of the workers beside the first.

Started by workers.py only: the line to the first worker and the listening sockets are inherited.
"""

from __future__ import annotations

import json
import os
import socket
import sys

from stagedoor.fronts.mitmproxy.lean_master import Running, serve
from stagedoor.fronts.service_manager import ServiceManager


def main(words: list[str]) -> int:
    """`words`: how it runs, as JSON (workers.py)."""
    given = json.loads(words[0])
    sockets = [socket.socket(fileno=number) for number in given["sockets"]]
    link = socket.socket(fileno=given["link"])
    for each in (*sockets, link):
        os.set_inheritable(each.fileno(), False)
        each.setblocking(False)
    running = Running(ServiceManager({}, os.getpid()), sockets, given["grace"], link=link)
    return serve(given["settings"], given["mode"], running)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
