"""Private networks are never reached, however their addresses are spelled or answered."""

import asyncio
import ipaddress
import socket

import pytest
from twisted.internet.address import IPv4Address

from patrol.errors import ReachError
from patrol.fetch.addresses import checked, literal, public
from patrol.fetch.resolver import PublicResolver

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_told(address):
    assert not public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_public_addresses_are_let_through(address):
    assert public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1", "[::1]", "0x7f.1"])
def test_every_spelling_of_an_address_is_read_as_a_resolver_would(host):
    address = literal(host)
    assert address is not None
    assert not public(address)
    with pytest.raises(ReachError, match="private"):
        asyncio.run(checked(host))


def test_a_name_is_no_address_but_what_it_resolves_to_counts(monkeypatch):
    assert literal("www.example.org") is None
    assert literal("cafe") is None  # only hexadecimal letters, still a name

    async def answers(self, host, port, **_):
        rows = {"mixed.example": ["8.8.8.8", "10.0.0.1"], "good.example": ["8.8.8.8"]}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (row, 0)) for row in rows]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", answers)
    assert [str(address) for address in asyncio.run(checked("good.example"))] == ["8.8.8.8"]
    with pytest.raises(ReachError, match=r"mixed\.example is the private address 10\.0\.0\.1"):
        asyncio.run(checked("mixed.example"))


class Resolver:
    def __init__(self, *hosts):
        self.hosts = hosts

    def resolveHostName(self, receiver, name, port, types, semantics):
        receiver.resolutionBegan(None)
        for host in self.hosts:
            receiver.addressResolved(IPv4Address("TCP", host, port))
        receiver.resolutionComplete()


class Receiver:
    def __init__(self):
        self.found = []

    def resolutionBegan(self, resolution):
        pass

    def addressResolved(self, address):
        self.found.append(address.host)

    def resolutionComplete(self):
        self.found.append("end")


@pytest.mark.parametrize(("loopback", "left"), [(False, ["8.8.8.8", "end"]), (True, ["127.0.0.1", "8.8.8.8", "10.0.0.1", "end"])])
def test_the_resolver_of_every_connection_drops_private_answers(loopback, left):
    class Reactor:
        nameResolver = Resolver("127.0.0.1", "8.8.8.8", "10.0.0.1")

    receiver = Receiver()
    PublicResolver(Reactor, loopback=loopback).resolveHostName(receiver, "rebinding.example", 80)
    assert receiver.found == left
