from __future__ import annotations

import re
import socket
from ipaddress import ip_network

import pytest

from clients.errors import Kind, RemoteError
from clients.guard import AddressPolicy
from clients.http import HttpClient, Timeouts
from tests.clients.servers import Answer, serving

REFUSED = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "localhost",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::",
    "2001:4860::5efe:10.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.7",
    "2001:db8::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "4000::1",
]


@pytest.mark.parametrize("host", REFUSED)
def test_no_address_inside_a_network_is_called_by_default(host: str) -> None:
    with pytest.raises(RemoteError, match="SYNC_ALLOWED_NETWORKS") as caught:
        AddressPolicy().check(host, 80)
    assert (caught.value.kind, caught.value.code) == (Kind.BLOCKED, "address_blocked")
    assert host.strip("[]") in caught.value.message
    assert re.search(r"add [0-9a-f.:]+/(32|128) or its network", caught.value.message)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "2002:5db8:d70e::1"])
def test_public_addresses_are_allowed_and_returned_as_checked(host: str) -> None:
    (address,) = AddressPolicy().check(host, 443)
    assert address.sockaddr[1] == 443


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "100.64.0.1", "::1", "fc00::1", "::ffff:10.0.0.1"])
def test_allow_private_opens_private_ranges(host: str) -> None:
    assert AddressPolicy(allow_private=True).check(host, 80)


@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.1.1", "100.100.100.200", "fd00:ec2::254", "224.0.0.1"])
def test_allow_private_opens_neither_metadata_nor_link_local(host: str) -> None:
    with pytest.raises(RemoteError, match="are blocked"):
        AddressPolicy(allow_private=True).check(host, 80)


def test_a_named_network_is_opened_and_no_other() -> None:
    policy = AddressPolicy(allowed_networks=(ip_network("10.1.0.0/16"),))
    assert policy.check("10.1.2.3", 80)
    assert policy.check("::ffff:10.1.2.3", 80)
    with pytest.raises(RemoteError, match=r"10\.2\.0\.1 is a private address"):
        policy.check("10.2.0.1", 80)


def test_a_network_around_the_metadata_address_does_not_open_it_but_its_own_name_does() -> None:
    with pytest.raises(RemoteError, match="a cloud metadata address"):
        AddressPolicy(allowed_networks=(ip_network("169.254.0.0/16"),)).check("169.254.169.254", 80)
    assert AddressPolicy(allowed_networks=(ip_network("169.254.169.254/32"),)).check("169.254.169.254", 80)


def test_an_allowed_host_is_opened_by_its_name_only() -> None:
    policy = AddressPolicy(allowed_hosts=frozenset({"localhost"}))
    assert policy.check("LocalHost", 80)
    with pytest.raises(RemoteError, match="a loopback address"):
        policy.check("127.0.0.1", 80)


def _resolver(*addresses: str):  # type: ignore[no-untyped-def]
    def getaddrinfo(host: str, port: int, **_more: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


def test_one_bad_address_among_good_ones_blocks_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("93.184.215.14", "127.0.0.1"))
    with pytest.raises(RemoteError, match=r"evil\.example are blocked: 127\.0\.0\.1"):
        AddressPolicy().check("evil.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (rebinding) is asked only once."""
    asked: list[str] = []

    with serving(lambda request: Answer(body=request.headers["Host"].encode())) as server:
        port = int(server.url.rpartition(":")[2])

        def getaddrinfo(host: str, given: int, **_more: object) -> list[tuple[object, ...]]:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, given))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        client = HttpClient(AddressPolicy(allow_private=True))
        assert client.request("GET", f"http://shop.test:{port}/").body == f"shop.test:{port}".encode()
        client.close()
    assert asked == ["shop.test"]


def test_an_unresolvable_name_may_be_tried_again() -> None:
    with pytest.raises(RemoteError, match=r"no-such-host\.invalid could not be resolved") as caught:
        HttpClient(AddressPolicy()).request("POST", "http://no-such-host.invalid/", timeouts=Timeouts(1, 1))
    assert (caught.value.kind, caught.value.code) == (Kind.RETRYABLE, "dns")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/", "gopher://x/", "example.com", "//x/"])
def test_only_http_and_https_leave(url: str) -> None:
    with pytest.raises(RemoteError, match="Only http and https") as caught:
        HttpClient(AddressPolicy(allow_private=True)).request("GET", url)
    assert caught.value.code == "bad_url"


def test_a_login_in_the_url_is_refused_without_showing_it() -> None:
    with pytest.raises(RemoteError, match="holds a login") as caught:
        HttpClient(AddressPolicy()).request("GET", "http://user:geheim@example.com/")
    assert "geheim" not in str(caught.value)
