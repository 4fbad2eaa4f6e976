"""Credentials for the sensors that log in: fetched together, kept across invocations, renewed once when rejected."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from ..model import Reason, ScanError, Settings
from ..ports import SecretSource
from ..scan import Credentials, parse_credentials
from .failures import Failures

CACHE_SECONDS = 300.0

Held = SecretStr | ScanError


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: Held
    at: float


class Keyring:
    def __init__(self, source: SecretSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._renewed: dict[str, float] = {}  # when that was tried, of each secret
        self._renewing = threading.Lock()  # scans that are rejected at the same time renew in threads

    def prepare(self, sensors: Collection[Settings], failures: Failures) -> None:
        """Fetches what these sensors need and the cache does not hold; failures are asked for again each time."""
        oldest = self._clock() - CACHE_SECONDS
        needed = {settings.secret_id for settings in sensors if settings.authentication != "none"}
        self._fetch({one for one in needed if one and not self._usable(one, oldest)}, failures)

    def credentials(self, settings: Settings) -> Credentials | ScanError | None:
        """What `prepare` found: None where the sensor does not log in, an error where it cannot."""
        if settings.authentication == "none" or settings.secret_id is None:
            return None
        held = self._kept[settings.secret_id].secret
        if isinstance(held, ScanError):
            return held
        try:
            return parse_credentials(held, settings.secret_id, key=settings.secret_key, username=settings.username)
        except ScanError as error:
            self._kept[settings.secret_id] = _Kept(held, float("-inf"))  # somebody may be mending it just now
            return error

    def renew(self, settings: Settings, rejected: Credentials, since: float, failures: Failures) -> Credentials | None:
        """Past the cache, at most once since the moment `since` for each secret.

        None where that gave the same credentials again.
        """
        secret_id = settings.secret_id
        if secret_id is None:
            return None
        with self._renewing:
            if max(self._kept[secret_id].at, self._renewed.get(secret_id, since - 1)) < since:
                self._fetch({secret_id}, failures)
                self._renewed[secret_id] = self._clock()
        renewed = self.credentials(settings)
        return renewed if isinstance(renewed, Credentials) and renewed != rejected else None

    def now(self) -> float:
        return self._clock()

    def _usable(self, secret_id: str, oldest: float) -> bool:
        kept = self._kept.get(secret_id)
        return kept is not None and kept.at > oldest and isinstance(kept.secret, SecretStr)

    def _fetch(self, secret_ids: Collection[str], failures: Failures) -> None:
        if not secret_ids:
            return
        fetched: Mapping[str, Held] = self._source.fetch(secret_ids)
        at = self._clock()
        for secret_id in secret_ids:
            held = fetched[secret_id]
            if isinstance(held, ScanError) and held.reason is Reason.INTERNAL_ERROR:
                failures.note("could not read a secret", held)
                if isinstance(self._known(secret_id), SecretStr):
                    continue  # the failure is the service's: the secret that is known stays good
            self._kept[secret_id] = _Kept(held, at)

    def _known(self, secret_id: str) -> Held | None:
        return self._kept[secret_id].secret if secret_id in self._kept else None
