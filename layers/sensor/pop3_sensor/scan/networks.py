"""Which addresses a scan may connect to: a setting must not turn the function against its own host."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Unspecified, loopback, link-local (with the cloud's metadata service), multicast, broadcast; then the same for IPv6,
# where fd00:ec2::/32 is the metadata service. Private networks stay allowed: that is where mail servers are.
DEFAULT_FORBIDDEN = (
    "0.0.0.0/8,127.0.0.0/8,169.254.0.0/16,224.0.0.0/4,255.255.255.255/32,"
    "::/128,::1/128,fe80::/10,ff00::/8,fd00:ec2::/32"
)

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


def parse_networks(text: str) -> tuple[Network, ...]:
    """A comma-separated list of CIDR networks. Raises ValueError that names the bad one."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def forbidding_network(address: str, forbidden: Iterable[Network]) -> Network | None:
    """The network that forbids this address, or None.

    An IPv4 address dressed as IPv6 (mapped, or behind the NAT64 prefix) is judged as both.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    forms = {parsed, _undressed(parsed)}
    return next((network for network in forbidden if any(form in network for form in forms)), None)


def _undressed(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
