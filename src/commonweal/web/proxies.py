"""Behind a proxy: where a request comes from, on the word of the proxies that one named and of nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from litestar.datastructures import Headers
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from commonweal.web.errors import NoProxy

Network = IPv4Network | IPv6Network


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """The addresses and networks that are named ("10.0.0.2", "fd00::/8"). Raises NoProxy."""
    return tuple(map(_network, names))


def _network(name: str) -> Network:
    try:
        return ip_network(name.strip())
    except ValueError as error:
        raise NoProxy(name=name, reason=error) from error


def origin(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whom a request comes from: `peer` sent it, `forwarded` is what X-Forwarded-For says, the nearest last.

    Read from the near end, as long as a trusted proxy speaks. What stands before an address that is not trusted may have
    been written by anybody and is not looked at.
    """
    for told in reversed(forwarded):
        address = _address(peer)
        if address is None or not any(address in network for network in trusted) or _address(told) is None:
            break
        peer = told
    return peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address  # a server that listens on IPv6 sees ::ffff:10.0.0.2


class Origin(ASGIMiddleware):
    """Sets the request's client to where it really came from."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on under its true address."""
        client = scope.get("client")
        if client:
            told = ",".join(Headers.from_scope(scope).getall("x-forwarded-for", []))
            named = [each.strip() for each in told.split(",") if each.strip()]
            scope["client"] = (origin(client[0], named, self._trusted), client[1])
        await next_app(scope, receive, send)
