"""Keeps requests away from private networks: names and addresses are checked before, and again as they are resolved.

`manners` asks here before each request and each hop of a redirect, `resolver` at every connection and `browser` before
Chromium starts. The practice marketplace's card says `loopback: true` and is let through.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from asyncio import get_running_loop

from patrol.errors import ReachError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NUMERIC = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)  # 127.1, 0x7f.0.0.1 and 2130706433 are addresses too
NAT64 = ipaddress.ip_network("64:ff9b::/96")
REMEDY = "Only public addresses are asked; a card with `loopback: true` is for the practice marketplace alone"


def literal(host: str) -> Address | None:
    """The address that a host part spells, in any way that a resolver would take; None for a name."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if not NUMERIC.fullmatch(bare):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, where it carries one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(address.packed[-4:])
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


def public(address: Address) -> bool:
    """Whether an address is one of the public internet."""
    inner = _inner(address)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _refuse(host: str, address: Address) -> ReachError:
    return ReachError(
        f"{host} is the private address {address}" if str(address) != host else f"{address} is a private address",
        where=host,
        remedy=REMEDY,
    )


async def checked(host: str) -> list[Address]:
    """The public addresses of a host; ReachError where it has none, or where one of them is private."""
    spelled = literal(host)
    found = [spelled] if spelled is not None else await _look_up(host)
    for address in found:
        if not public(address):
            raise _refuse(host, address)
    return found


async def _look_up(host: str) -> list[Address]:
    try:
        rows = await get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ReachError(f"{host} cannot be resolved: {error}", where=host, remedy="Check the address and the network") from error
    return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
