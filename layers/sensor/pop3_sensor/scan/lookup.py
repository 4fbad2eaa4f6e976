"""Host to address: one address, chosen and recorded."""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..model import Reason, ScanError
from ..model.settings import IpVersion

# A lookup that hangs holds its thread until the system's resolver gives up, after its scan and after its tick: so they
# are counted in the process. A function of Lambda may have 1,024 threads.
MAX_LOOKUPS = 200
_places = threading.BoundedSemaphore(MAX_LOOKUPS)

Hear = Callable[[int], None]

_FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6, "any": socket.AF_UNSPEC}
_VERSIONS = {4: "ipv4", 6: "ipv6"}
_NO_SUCH_NAME = {socket.EAI_NONAME}
# The name exists, but not in the wanted family. glibc knows both; not every platform has both.
_NO_SUCH_ADDRESS = {getattr(socket, name) for name in ("EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}


async def lookup(host: str, ip_version: IpVersion, hear: Hear = lambda _: None) -> str:
    """The first address of the wanted family, as the resolver orders them. Raises ScanError.

    `hear` is told how many nanoseconds ago the resolver answered.
    """
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return await _in_thread(lambda: _resolve(host, ip_version), hear)
    hear(0)
    if ip_version not in ("any", _VERSIONS[literal.version]):
        raise _no_address(host, ip_version)
    return str(literal)


def _resolve(host: str, ip_version: IpVersion) -> str:
    try:
        return _first_address(host, _FAMILIES[ip_version])
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_ADDRESS:
            raise _no_address(host, ip_version) from error
        if error.errno not in _NO_SUCH_NAME:
            raise ScanError(Reason.LOOKUP_FAILED, f"the lookup of {host} failed: {error.strerror}") from error
    except UnicodeError as error:
        raise ScanError(Reason.NAME_NOT_FOUND, f"{host} is no DNS name") from error
    except OSError as error:
        raise ScanError(Reason.LOOKUP_FAILED, f"the lookup of {host} failed: {error.strerror}") from error
    # Some resolvers say "no such name" for "not in this family": only a failed lookup pays for asking again.
    try:
        _first_address(host, socket.AF_UNSPEC)
    except OSError:
        raise ScanError(Reason.NAME_NOT_FOUND, f"there is no host named {host}") from None
    raise _no_address(host, ip_version)


def _no_address(host: str, ip_version: IpVersion) -> ScanError:
    wanted = {"ipv4": "IPv4 ", "ipv6": "IPv6 ", "any": ""}[ip_version]
    return ScanError(Reason.NO_ADDRESS, f"{host} has no {wanted}address (ip_version is {ip_version})")


def _first_address(host: str, family: int) -> str:
    return str(socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)[0][4][0])


async def _in_thread(work: Callable[[], str], hear: Hear) -> str:
    """A thread for each lookup: in a pool, names of a dead DNS server would make the others wait and look slow.

    Daemons, because a lookup cannot be cancelled and must not hold up the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(setter: Callable[[Any], None], value: object, came: int) -> None:
        if not answer.done():  # the scan may have timed out
            hear(time.perf_counter_ns() - came)
            setter(value)

    def run() -> None:
        setter: Callable[[Any], None] = answer.set_result
        value: object
        try:
            value = work()
        except Exception as error:  # noqa: BLE001 - handed to the one who awaits it
            setter, value = answer.set_exception, error
        came = time.perf_counter_ns()
        _places.release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, setter, value, came)

    if not _places.acquire(blocking=False):
        message = f"{MAX_LOOKUPS} lookups are under way and were not answered: no more are begun"
        raise ScanError(Reason.INTERNAL_ERROR, message)
    try:
        threading.Thread(target=run, name="lookup", daemon=True).start()
    except RuntimeError as error:
        _places.release()
        raise ScanError(Reason.INTERNAL_ERROR, f"no lookup can be begun: {error}") from error
    return await answer
