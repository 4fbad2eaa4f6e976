"""Where a scan may connect."""

from ipaddress import ip_network

import pytest

from pop3_sensor.scan import Network, parse_networks
from pop3_sensor.scan.networks import DEFAULT_FORBIDDEN, forbidding_network

LISTS: dict[str, tuple[str, tuple[Network, ...]]] = {
    "nothing": ("", ()),
    "nothing but commas and spaces": (" , ,", ()),
    "one network": ("10.0.0.0/8", (ip_network("10.0.0.0/8"),)),
    "one address": ("192.0.2.1", (ip_network("192.0.2.1/32"),)),
    "both families, spaces, an empty place": (
        " 10.0.0.0/8 , ,fc00::/7\n",
        (ip_network("10.0.0.0/8"), ip_network("fc00::/7")),
    ),
    "everything": ("0.0.0.0/0,::/0", (ip_network("0.0.0.0/0"), ip_network("::/0"))),
}


@pytest.mark.parametrize(("text", "networks"), LISTS.values(), ids=LISTS)
def test_a_list_of_networks(text: str, networks: tuple[Network, ...]) -> None:
    assert networks == parse_networks(text)


BAD_LISTS = {
    "a word": ("10.0.0.0/8,nonsense", "'nonsense' does not appear to be an IPv4 or IPv6 network"),
    "a mask that is too long": ("10.0.0.0/33", "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network"),
    "an address inside the network": ("10.0.0.1/8,::/0", "10.0.0.1/8 has host bits set"),
    "the same in IPv6": ("fe80::1/10", "fe80::1/10 has host bits set"),
    "spaces for commas": ("10.0.0.0/8 ::/0", "'10.0.0.0/8 ::/0' does not appear to be an IPv4 or IPv6 network"),
}


@pytest.mark.parametrize(("text", "message"), BAD_LISTS.values(), ids=BAD_LISTS)
def test_a_bad_network_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_networks(text)
    assert message == str(caught.value)


# Address: the network that forbids it by default.
BY_DEFAULT = {
    "unspecified": ("0.0.0.0", "0.0.0.0/8"),
    "this network": ("0.1.2.3", "0.0.0.0/8"),
    "loopback": ("127.0.0.1", "127.0.0.0/8"),
    "all of loopback": ("127.255.255.254", "127.0.0.0/8"),
    "link-local": ("169.254.10.20", "169.254.0.0/16"),
    "the metadata service": ("169.254.169.254", "169.254.0.0/16"),
    "the credentials of a container": ("169.254.170.2", "169.254.0.0/16"),
    "multicast": ("224.0.0.251", "224.0.0.0/4"),
    "the end of multicast": ("239.255.255.255", "224.0.0.0/4"),
    "broadcast": ("255.255.255.255", "255.255.255.255/32"),
    "unspecified, IPv6": ("::", "::/128"),
    "loopback, IPv6": ("::1", "::1/128"),
    "loopback, IPv6, spelled out": ("0:0:0:0:0:0:0:1", "::1/128"),
    "link-local, IPv6": ("fe80::1", "fe80::/10"),
    "link-local with a scope": ("fe80::1%eth0", "fe80::/10"),
    "multicast, IPv6": ("ff02::fb", "ff00::/8"),
    "multicast with a scope": ("ff02::fb%2", "ff00::/8"),
    "the metadata service, IPv6": ("fd00:ec2::254", "fd00:ec2::/32"),
    "loopback, mapped": ("::ffff:127.0.0.1", "127.0.0.0/8"),
    "loopback, mapped, in hexadecimal": ("::ffff:7f00:1", "127.0.0.0/8"),
    "the metadata service, mapped": ("::ffff:169.254.169.254", "169.254.0.0/16"),
    "unspecified, mapped": ("::ffff:0.0.0.0", "0.0.0.0/8"),
    "loopback behind NAT64": ("64:ff9b::127.0.0.1", "127.0.0.0/8"),
    "the metadata service behind NAT64": ("64:ff9b::a9fe:a9fe", "169.254.0.0/16"),
    "a public address": ("192.0.2.1", None),
    "a public address, IPv6": ("2001:db8::1", None),
    "a public address, mapped": ("::ffff:192.0.2.1", None),
    "a public address behind NAT64": ("64:ff9b::192.0.2.1", None),
    "a public address behind a NAT64 of one's own, by 48 bits": ("64:ff9b:1:c000:2:100::", None),
    "a public address behind a NAT64 of one's own, by 96 bits": ("64:ff9b:1::192.0.2.1", None),
    "a public address, compatible": ("::192.0.2.1", None),
    "a public address, translated": ("::ffff:0:192.0.2.1", None),
    "a public address of 6to4": ("2002:c000:201::1", None),
    "a public address of Teredo": ("2001:0:c000:201::3fff:fdfe", None),
    "private: 10": ("10.0.0.1", None),
    "private: 172.16": ("172.16.0.1", None),
    "private: 192.168": ("192.168.1.1", None),
    "private: shared by carriers": ("100.64.0.1", None),
    "private, IPv6": ("fd12:3456::1", None),
    "private, mapped": ("::ffff:10.0.0.1", None),
    "just below loopback": ("126.255.255.255", None),
    "just above loopback": ("128.0.0.1", None),
    "loopback, compatible": ("::127.0.0.1", "127.0.0.0/8"),
    "just above loopback, IPv6, which is compatible with an unspecified address": ("::2", "0.0.0.0/8"),
    "loopback, translated": ("::ffff:0:127.0.0.1", "127.0.0.0/8"),
    "loopback behind a NAT64 of one's own": ("64:ff9b:1::7f00:1", "127.0.0.0/8"),
    "the metadata service behind a NAT64 of one's own, by 48 bits": ("64:ff9b:1:a9fe:a9:fe00::", "169.254.0.0/16"),
    "the metadata service behind a NAT64 of one's own, by 56 bits": ("64:ff9b:1:2a9:fe:a9fe::", "169.254.0.0/16"),
    "the metadata service behind a NAT64 of one's own, by 64 bits": ("64:ff9b:1:2:a9:fea9:fe00:0", "169.254.0.0/16"),
    "the metadata service behind a NAT64 of one's own, by 96 bits": ("64:ff9b:1:2::a9fe:a9fe", "169.254.0.0/16"),
    "loopback as a site of 6to4": ("2002:7f00:1::1", "127.0.0.0/8"),
    "loopback as a client of Teredo": ("2001:0:c000:201::80ff:fffe", "127.0.0.0/8"),
    "loopback as a server of Teredo": ("2001:0:7f00:1::3fff:fdfe", "127.0.0.0/8"),
}


@pytest.mark.parametrize(("address", "network"), BY_DEFAULT.values(), ids=BY_DEFAULT)
def test_what_is_forbidden_by_default(address: str, network: str | None) -> None:
    expected = ip_network(network) if network else None
    assert expected == forbidding_network(address, parse_networks(DEFAULT_FORBIDDEN))


# Address, the deployment's list, the network that forbids it.
BY_LIST = {
    "an empty list allows loopback": ("127.0.0.1", "", None),
    "an empty list allows loopback, mapped": ("::ffff:127.0.0.1", "", None),
    "another list allows loopback": ("127.0.0.1", "10.0.0.0/8", None),
    "the first of two networks is named": ("10.1.2.3", "10.1.0.0/16,10.0.0.0/8", "10.1.0.0/16"),
    "all of IPv4": ("192.0.2.1", "0.0.0.0/0", "0.0.0.0/0"),
    "all of IPv4 is not IPv6": ("2001:db8::1", "0.0.0.0/0", None),
    "all of IPv4, mapped": ("::ffff:192.0.2.1", "0.0.0.0/0", "0.0.0.0/0"),
    "all of IPv6": ("2001:db8::1", "::/0", "::/0"),
    "all of IPv6 is not IPv4": ("192.0.2.1", "::/0", None),
    "all of IPv6 behind NAT64": ("64:ff9b::192.0.2.1", "::/0", "::/0"),
    "NAT64 itself": ("64:ff9b::192.0.2.1", "64:ff9b::/96", "64:ff9b::/96"),
    "mapped addresses themselves": ("::ffff:192.0.2.1", "::ffff:0:0/96", "::ffff:0:0/96"),
}


@pytest.mark.parametrize(("address", "listed", "network"), BY_LIST.values(), ids=BY_LIST)
def test_what_a_list_forbids(address: str, listed: str, network: str | None) -> None:
    expected = ip_network(network) if network else None
    assert expected == forbidding_network(address, parse_networks(listed))
