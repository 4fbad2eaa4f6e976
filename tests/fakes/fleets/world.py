"""A world for a simulated week: what people write into the Sensors table, and how the mail servers behave.

Everything follows from the seed. Nothing in here knows the package.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MINUTE = timedelta(minutes=1)
MINUTES = 7 * 24 * 60

# The Mondays of the weeks in which Europe changes its clocks, on the Sunday: in spring they skip an hour (those of
# Asia/Jerusalem on the Friday), in autumn they repeat one.
SPRING = datetime(2030, 3, 25, tzinfo=UTC)
AUTUMN = datetime(2030, 10, 21, tzinfo=UTC)

Item = dict[str, Any]
Table = Mapping[str, Item]


@dataclass(frozen=True)
class Answer:
    """What a scan meets. `certificate`: what is wrong with the certificate, if the scan gets that far."""

    reason: str = ""
    phase: str = ""
    milliseconds: int = 40
    certificate: str = ""
    messages: int = 3


GOOD, REFUSED, IN_USE = Answer(), Answer("refused", "connect"), Answer("mailbox_in_use", "login")


@dataclass(frozen=True)
class Spell:
    """From `start` to `end` a server gives one of these answers, chosen anew each time."""

    start: datetime
    end: datetime
    answers: Sequence[Answer]


@dataclass
class World:
    """`edits`: for each tick, the items that are written before it; None deletes an item."""

    start: datetime
    table: Table
    spells: dict[str, list[Spell]] = field(default_factory=dict)
    edits: dict[datetime, dict[str, Item | None]] = field(default_factory=dict)
    secrets_from: datetime = SPRING  # when somebody writes the missing secret

    def answer(self, sensor_id: str, at: datetime) -> Answer:
        """The same answer for everybody who asks at this time."""
        for spell in self.spells.get(sensor_id, ()):
            if spell.start <= at < spell.end:
                return random.Random(f"{sensor_id} {at}").choice(spell.answers)  # noqa: S311 - a script, no secret
        return GOOD

    def table_at(self, tick: datetime) -> Table:
        """The same object as long as nobody edits it. Call it for each tick, in their order."""
        if edits := self.edits.get(tick):
            merged = {**self.table, **edits}
            self.table = {item_id: item for item_id, item in merged.items() if item is not None}
        return self.table


def frozen(value: object) -> str:
    """A value as a text that can be compared and kept."""
    return json.dumps(value, sort_keys=True)
