"""Host to address. What a resolver would answer comes from a fake of the standard library's getaddrinfo."""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from pop3_sensor.model import Reason, ScanError
from pop3_sensor.model.settings import IpVersion
from pop3_sensor.scan.lookup import lookup

V4, V6, ANY = socket.AF_INET, socket.AF_INET6, socket.AF_UNSPEC


def look_up(host: str, ip_version: IpVersion) -> str:
    return asyncio.run(lookup(host, ip_version))


def refusal(host: str, ip_version: IpVersion) -> tuple[Reason, str]:
    with pytest.raises(ScanError) as caught:
        look_up(host, ip_version)
    return caught.value.reason, caught.value.message


LITERALS: dict[str, tuple[str, IpVersion, str]] = {
    "IPv4": ("192.0.2.1", "ipv4", "192.0.2.1"),
    "IPv4, any": ("192.0.2.1", "any", "192.0.2.1"),
    "IPv6": ("2001:db8::1", "ipv6", "2001:db8::1"),
    "IPv6, any": ("2001:db8::1", "any", "2001:db8::1"),
    "IPv6, spelled out": ("2001:0DB8:0:0:0:0:0:1", "ipv6", "2001:db8::1"),
    "IPv6 with a scope": ("fe80::1%lo", "ipv6", "fe80::1%lo"),
    "IPv4 in the dress of IPv6": ("::ffff:192.0.2.1", "ipv6", "::ffff:192.0.2.1"),
}


@pytest.mark.parametrize(("host", "ip_version", "address"), LITERALS.values(), ids=LITERALS)
def test_an_address_is_its_own_answer(
    monkeypatch: pytest.MonkeyPatch, host: str, ip_version: IpVersion, address: str
) -> None:
    monkeypatch.delattr(socket, "getaddrinfo")  # nobody is asked
    assert ip_address(address) == ip_address(look_up(host, ip_version))


WRONG_FAMILY: dict[str, tuple[str, IpVersion, str]] = {
    "IPv4 where IPv6 is wanted": ("192.0.2.1", "ipv6", "192.0.2.1 has no IPv6 address (ip_version is ipv6)"),
    "IPv6 where IPv4 is wanted": ("2001:db8::1", "ipv4", "2001:db8::1 has no IPv4 address (ip_version is ipv4)"),
    "the dress counts": ("::ffff:192.0.2.1", "ipv4", "::ffff:192.0.2.1 has no IPv4 address (ip_version is ipv4)"),
}


@pytest.mark.parametrize(("host", "ip_version", "message"), WRONG_FAMILY.values(), ids=WRONG_FAMILY)
def test_an_address_of_the_wrong_family(host: str, ip_version: IpVersion, message: str) -> None:
    assert (Reason.NO_ADDRESS, message) == refusal(host, ip_version)


def test_localhost() -> None:
    expected = "127.0.0.1"
    assert expected == look_up("localhost", "ipv4")


NO_NAMES = {
    "a label that is too long": "x" * 64 + ".example.org",
    "an empty label": "mail..example.org",
    "a label that is too long once encoded": "ö" * 60 + ".example.org",
}


@pytest.mark.parametrize("host", NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_name_is_never_asked_for(host: str) -> None:
    assert (Reason.NAME_NOT_FOUND, f"{host} is no DNS name") == refusal(host, "ipv4")


class Resolver:
    """Answers by family: addresses, or the error to raise. Remembers what it was asked."""

    def __init__(self, answers: dict[int, list[str] | OSError]) -> None:
        self.answers = answers
        self.asked: list[tuple[object, ...]] = []

    def getaddrinfo(self, *question: object) -> list[tuple[object, ...]]:
        self.asked.append(question)
        answer = self.answers[int(str(question[2]))]
        if isinstance(answer, OSError):
            raise answer
        return [(V6 if ":" in found else V4, socket.SOCK_STREAM, 6, "", (found, 0)) for found in answer]


def failure(name: str) -> OSError:
    return socket.gaierror(getattr(socket, name), f"{name} happened")


# The wanted version, what the resolver knows, the address.
RESOLVED: dict[str, tuple[IpVersion, dict[int, list[str] | OSError], str]] = {
    "the only address": ("ipv4", {V4: ["192.0.2.1"]}, "192.0.2.1"),
    "the first of several": ("ipv4", {V4: ["192.0.2.2", "192.0.2.1"]}, "192.0.2.2"),
    "IPv6": ("ipv6", {V6: ["2001:db8::1"]}, "2001:db8::1"),
    "IPv6 with a scope": ("ipv6", {V6: ["fe80::1%eth0"]}, "fe80::1%eth0"),
    "any: the resolver's order counts": ("any", {ANY: ["2001:db8::1", "192.0.2.1"]}, "2001:db8::1"),
}


@pytest.mark.parametrize(("ip_version", "answers", "address"), RESOLVED.values(), ids=RESOLVED)
def test_a_name(
    monkeypatch: pytest.MonkeyPatch, ip_version: IpVersion, answers: dict[int, list[str] | OSError], address: str
) -> None:
    resolver = Resolver(answers)
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    assert address == look_up("mail.example.org", ip_version)
    [family] = answers
    assert [("mail.example.org", None, family, socket.SOCK_STREAM)] == resolver.asked


NOT_FOUND = (Reason.NAME_NOT_FOUND, "there is no host named mail.example.org")
NO_IPV4 = (Reason.NO_ADDRESS, "mail.example.org has no IPv4 address (ip_version is ipv4)")
NO_IPV6 = (Reason.NO_ADDRESS, "mail.example.org has no IPv6 address (ip_version is ipv6)")


def failed(words: str) -> tuple[Reason, str]:
    return Reason.LOOKUP_FAILED, f"the lookup of mail.example.org failed: {words}"


UNRESOLVED: dict[str, tuple[IpVersion, dict[int, list[str] | OSError], tuple[Reason, str]]] = {
    "no such name": ("ipv4", {V4: failure("EAI_NONAME"), ANY: failure("EAI_NONAME")}, NOT_FOUND),
    "no such name in IPv6": ("ipv6", {V6: failure("EAI_NONAME"), ANY: failure("EAI_NONAME")}, NOT_FOUND),
    "no such name at all": ("any", {ANY: failure("EAI_NONAME")}, NOT_FOUND),
    "a name of IPv6 alone": ("ipv4", {V4: failure("EAI_NONAME"), ANY: ["2001:db8::1"]}, NO_IPV4),
    "a name of IPv4 alone": ("ipv6", {V6: failure("EAI_NONAME"), ANY: ["192.0.2.1"]}, NO_IPV6),
    "a name without addresses": ("ipv4", {V4: failure("EAI_NODATA")}, NO_IPV4),
    "a name without addresses of this family": ("ipv6", {V6: failure("EAI_ADDRFAMILY")}, NO_IPV6),
    "a name without any address": (
        "any",
        {ANY: failure("EAI_NODATA")},
        (Reason.NO_ADDRESS, "mail.example.org has no address (ip_version is any)"),
    ),
    "no answer for now": ("ipv4", {V4: failure("EAI_AGAIN")}, failed("EAI_AGAIN happened")),
    "a failure for good": ("ipv4", {V4: failure("EAI_FAIL")}, failed("EAI_FAIL happened")),
    "a failure at the second question": ("ipv4", {V4: failure("EAI_NONAME"), ANY: failure("EAI_AGAIN")}, NOT_FOUND),
    "a failure of the system at the second question": (
        "ipv4",
        {V4: failure("EAI_NONAME"), ANY: OSError(errno.EIO, "disk on fire")},
        NOT_FOUND,
    ),
    "a failure of the system": ("ipv4", {V4: OSError(errno.EIO, "disk on fire")}, failed("disk on fire")),
}


@pytest.mark.parametrize(("ip_version", "answers", "expected"), UNRESOLVED.values(), ids=UNRESOLVED)
def test_no_name(
    monkeypatch: pytest.MonkeyPatch,
    ip_version: IpVersion,
    answers: dict[int, list[str] | OSError],
    expected: tuple[Reason, str],
) -> None:
    resolver = Resolver(answers)
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    assert expected == refusal("mail.example.org", ip_version)
    assert set(answers) == {question[2] for question in resolver.asked}


@pytest.fixture
def slow_resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """It answers when it is told to; the call returns when its thread is through."""
    told = threading.Event()
    before = set(threading.enumerate())

    def getaddrinfo(*_question: object) -> list[object]:
        told.wait(10)
        raise failure("EAI_AGAIN")

    def tell() -> None:
        told.set()
        for thread in set(threading.enumerate()) - before:
            thread.join(10)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return tell


def test_an_answer_that_comes_after_the_deadline(slow_resolver: Callable[[], None]) -> None:
    complaints: list[object] = []

    async def scan() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await lookup("mail.example.org", "ipv4")
        slow_resolver()
        await asyncio.sleep(0)  # its answer is taken, and changes nothing

    asyncio.run(scan())
    assert not complaints


def test_an_answer_that_comes_after_the_end_of_the_loop(slow_resolver: Callable[[], None]) -> None:
    async def scan() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await lookup("mail.example.org", "ipv4")

    before = set(threading.enumerate())
    asyncio.run(scan())
    [waiting] = set(threading.enumerate()) - before
    assert waiting.daemon  # nor does it hold up the end of the process
    slow_resolver()


def test_a_slow_lookup_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_asks = threading.Barrier(100, timeout=10)

    def getaddrinfo(*_question: object) -> list[tuple[object, ...]]:
        everybody_asks.wait()
        return [(V4, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    async def scans() -> list[str]:
        return await asyncio.gather(*(lookup("mail.example.org", "ipv4") for _ in range(100)))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert {"192.0.2.1"} == set(asyncio.run(scans()))


@pytest.fixture
def hanging_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Their name server answers when it is told to, and at the end."""
    told = threading.Event()

    def getaddrinfo(host: str, *_question: object) -> list[tuple[object, ...]]:
        if host.startswith("hanging"):
            told.wait(10)
        return [(V4, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield told
    told.set()
    await_lookups()


def lookups() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lookup"]


def await_lookups() -> None:
    for thread in lookups():
        thread.join(10)


async def timed_out(host: str) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await lookup(host, "ipv4")


def test_name_servers_that_hang_take_a_bounded_number_of_threads(hanging_names: threading.Event) -> None:
    """Over scans and ticks: their lookups go on when those are over. Each tick has a loop of its own."""
    for tick in range(3):
        for number in range(60):
            asyncio.run(timed_out(f"hanging-{tick}-{number}.example.org"))
    assert 180 == len(lookups())
    for number in range(20):
        asyncio.run(timed_out(f"hanging-{number}.example.org"))
    expected = (Reason.INTERNAL_ERROR, "200 lookups are under way and were not answered: no more are begun")
    assert expected == refusal("mail.example.org", "ipv4")
    assert 200 == len(lookups())

    hanging_names.set()
    await_lookups()
    assert "192.0.2.1" == look_up("mail.example.org", "ipv4")


def test_no_name_server_is_needed_for_an_address(hanging_names: threading.Event) -> None:
    for number in range(200):
        asyncio.run(timed_out(f"hanging-{number}.example.org"))
    assert not hanging_names.is_set()
    assert "192.0.2.1" == look_up("192.0.2.1", "ipv4")


def test_threads_that_cannot_be_had_are_no_word_about_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as starved:
        starved.setattr(threading.Thread, "start", start)
        for _ in range(201):  # none of them takes the place of another
            reason, message = refusal("localhost", "ipv4")
            assert (Reason.INTERNAL_ERROR, "no lookup can be begun: can't start new thread") == (reason, message)
    assert "127.0.0.1" == look_up("localhost", "ipv4")
