"""Connections, to judged addresses only.

The name is resolved here, each of its addresses is judged, and one of those that passed is connected to: nothing
resolves it a second time, so a name that changes its mind gains nothing. IP literals and the hosts of redirects come
through here like everything else. TLS goes on top, with the name of the URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from itertools import zip_longest

import httpcore

from . import _templrender as _native
from ._files import system_reason
from ._load_error import LoadError

# Addresses of one name that are tried; the rest is left alone.
_MAX_ADDRESSES = 8


class Judged(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be asked; `timeout` is for one connection, from the name's lookup."""

    def __init__(self, timeout: float, allow_private: bool) -> None:
        self._timeout = timeout
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """One of the addresses that passed, tried in turn."""
        late = LoadError(f"no connection within {self._timeout:g} s", is_transient=True)
        try:
            async with asyncio.timeout(self._timeout) as until:
                left = choose(await look_up(host, port), self._allow_private)
                failure = late
                while left:
                    # An address that swallows packets leaves the others their share of the time.
                    share = ((until.when() or 0.0) - asyncio.get_running_loop().time()) / len(left)
                    try:
                        return await self._inner.connect_tcp(left.pop(0), port, share, local_address, socket_options)
                    except httpcore.ConnectTimeout:
                        failure = late
                    except httpcore.ConnectError as error:
                        failure = LoadError(_system_reason(error), is_transient=True)
                raise failure
        except TimeoutError:
            raise late from None

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: no URL names one."""
        raise LoadError("a picture is fetched over TCP")

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)


async def look_up(host: str, port: int) -> list[str]:
    """What the system's resolver says; an address in digits is itself."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise LoadError("its host is not known", is_transient=True) from None
    return [str(address[0]) for *_, address in found]


def choose(found: Iterable[str], allow_private: bool) -> list[str]:
    """Those of the addresses that may be connected to, in the order in which they are tried: the resolver's, with IPv6
    and IPv4 taking turns.

    >>> choose(["2606:4700::1", "2606:4700::2", "10.0.0.1", "1.1.1.1"], allow_private=False)
    ['2606:4700::1', '1.1.1.1', '2606:4700::2']
    """
    all_of_them = list(dict.fromkeys(found))
    if not all_of_them:
        raise LoadError("its host is not known", is_transient=True)
    passed = [address for address in all_of_them if allow_private or is_public(address)]
    if not passed:
        raise LoadError("the host has a private address, which needs allow_private=True")
    first_is_v6 = ":" in all_of_them[0]
    like_first = [address for address in passed if (":" in address) == first_is_v6]
    other = [address for address in passed if (":" in address) != first_is_v6]
    turns = [address for pair in zip_longest(like_first, other) for address in pair if address is not None]
    return turns[:_MAX_ADDRESSES]


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet; one with a zone belongs to a link.

    >>> is_public("1.1.1.1"), is_public("::ffff:127.0.0.1"), is_public("fe80::1%eth0")
    (True, False, False)
    """
    return "%" not in address and _native.is_public_address(address)


def _system_reason(error: BaseException) -> str:
    """The system's own words, in the middle of what the client wraps around them."""
    cause: BaseException | None = error
    reason = "the connection failed"
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            reason = system_reason(cause)
        cause = cause.__cause__ or cause.__context__
    return reason
