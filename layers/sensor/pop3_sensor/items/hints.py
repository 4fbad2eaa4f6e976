"""What is allowed and yet hardly ever meant: for a person who checks an item before it is written."""

from collections.abc import Iterator

from ..model import Settings
from ..model.settings import IMPLICIT_TLS_PORT, POP3_PORT
from .problems import Problem


def hints(settings: Settings) -> Iterator[Problem]:
    mode = settings.transport_security
    if settings.port == IMPLICIT_TLS_PORT and not settings.implicit_tls:
        yield Problem(
            "port",
            f"{settings.port} is where servers want TLS at once, and {mode} waits for a greeting in the clear: "
            "a scan would last to its timeout. tls_required fits, or tls_if_available",
        )
    if settings.port == POP3_PORT and settings.implicit_tls:
        yield Problem(
            "port",
            f"{settings.port} is where servers speak first, in the clear, and {mode} begins with TLS. "
            "starttls_required fits, or starttls_if_available; or port 995",
        )
    for master in settings.vanished_masters:
        yield Problem("depends_on", f"names {master}, and there is no item with this id: it is scanned regardless")
