"""The guard of conftest.py, with planted connections. 192.0.2.1 is reserved for documentation (RFC 5737)."""

import socket
import threading
import urllib.request

import pytest

from tests.conftest import OutsideConnection


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8"])
def test_outside_connections_are_refused(address):
    with socket.socket() as planted, pytest.raises(OutsideConnection, match=address):
        planted.connect((address, 443))
    with socket.socket() as planted, pytest.raises(OutsideConnection, match=address):
        planted.connect_ex((address, 443))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as planted, pytest.raises(OutsideConnection, match=address):
        planted.sendto(b"", (address, 53))


def test_look_ups_and_http_libraries_are_refused():
    with pytest.raises(OutsideConnection, match=r"example\.com"):
        socket.getaddrinfo("example.com", 443)
    with pytest.raises(OutsideConnection):
        urllib.request.urlopen("http://example.com/", timeout=1)


def test_this_machine_may_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        accepting = threading.Thread(target=hang_up)
        accepting.start()
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert client.recv(1) == b""
        accepting.join(timeout=5)
