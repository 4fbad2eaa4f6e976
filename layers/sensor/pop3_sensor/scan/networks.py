"""Which addresses a scan may connect to: a setting must not turn the function against its own host."""

import ipaddress
from collections.abc import Iterable, Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Unspecified, loopback, link-local (with the cloud's metadata service), multicast, broadcast; then the same for IPv6,
# where fd00:ec2::/32 is the metadata service. Private networks stay allowed: that is where mail servers are.
DEFAULT_FORBIDDEN = (
    "0.0.0.0/8,127.0.0.0/8,169.254.0.0/16,224.0.0.0/4,255.255.255.255/32,"
    "::/128,::1/128,fe80::/10,ff00::/8,fd00:ec2::/32"
)

# IPv4 addresses in the dress of IPv6, in the last 32 bits: compatible, mapped (RFC 4291 section 2.5.5), translated
# (RFC 2765 section 2.1), behind the well-known prefix of NAT64 (RFC 6052 section 2.1).
_DRESSES = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215: whoever runs it chooses the length of the prefix
_NOT_COMPATIBLE = {ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1")}


def parse_networks(text: str) -> tuple[Network, ...]:
    """A comma-separated list of CIDR networks. Raises ValueError that names the bad one."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def forbidding_network(address: str, forbidden: Iterable[Network]) -> Network | None:
    """The network that forbids this address, or None.

    An IPv4 address dressed as IPv6 is judged as both: some router, or this host itself, may undress it.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    forms = {parsed, *_undressed(parsed)} if isinstance(parsed, ipaddress.IPv6Address) else {parsed}
    return next((network for network in forbidden if any(form in network for form in forms)), None)


def _undressed(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Every IPv4 address that may be meant."""
    number = int(address)
    if address in _NOT_COMPATIBLE:
        return
    if any(address in dress for dress in _DRESSES):
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address in _LOCAL_NAT64:
        yield from filter(_is_specified, (_embedded(number, length) for length in (48, 56, 64, 96)))
    if address.sixtofour:  # RFC 3056
        yield address.sixtofour
    if address.teredo:  # RFC 4380: the server, and the client behind it
        yield from address.teredo


def _embedded(number: int, length: int) -> ipaddress.IPv4Address:
    """What stands behind a prefix of this length; the octet at bit 64 is no part of it (RFC 6052 section 2.2)."""
    if length <= 64:  # noqa: PLR2004 - bits, as the RFC counts them
        number = (number >> 64 << 56 | number & 2**56 - 1) >> (88 - length)
    return ipaddress.IPv4Address(number & 0xFFFFFFFF)


def _is_specified(address: ipaddress.IPv4Address) -> bool:
    """Not of 0.0.0.0/8, which comes of reading an address by a prefix that is not its own."""
    return int(address) >> 24 != 0
