"""No test reaches the network: connections beyond this machine, and look-ups of names, are refused."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class OutsideConnection(AssertionError):
    """A test tried to leave this machine."""


def is_loopback(host: object) -> bool:
    """True for this machine's own addresses; a name other than localhost would need a look-up."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def refuse_outside_connections() -> Iterator[None]:
    """Guard connect, connect_ex, sendto and getaddrinfo for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method), address_at=1))
        patch.setattr(socket.socket, "sendto", _guarded(socket.socket.sendto, address_at=-1))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(original: Callable[..., Any], address_at: int) -> Callable[..., Any]:
    def connect(*arguments: Any) -> Any:
        address = arguments[address_at]
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise OutsideConnection(f"a test tried to connect to {address[0]}:{address[1]}")
        return original(*arguments)

    return connect


def _guarded_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: object, *arguments: Any, **options: Any) -> Any:
        if not is_loopback(host):
            raise OutsideConnection(f"a test tried to look up {host!r}")
        return original(host, *arguments, **options)

    return getaddrinfo
