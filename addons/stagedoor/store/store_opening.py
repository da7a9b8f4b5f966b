"""Opening the shared store that an address names."""

from __future__ import annotations

import os
from collections.abc import Callable

from stagedoor.config.store_address import StoreAddress
from stagedoor.store.shared import SharedStore
from stagedoor.store.store_password import store_password
from stagedoor.store.valkey_server import ValkeyServer


def open_shared(
    address: StoreAddress,
    clients: int,
    *,
    site: str,
    heard: Callable[[], None],
) -> SharedStore:
    """Begin, with the event loop running. `site` is the site's name, for keys, where the address
    names none. StagedoorError where the client is not installed or the password cannot be read.
    """
    password = store_password(os.environ)
    store = SharedStore(
        ValkeyServer(address, password),
        clients,
        prefix=f"stagedoor:{address.site or site or 'site'}",
        secret=password.encode(),
        wait=address.wait,
        heard=heard,
    )
    store.open()
    return store
