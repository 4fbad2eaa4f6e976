"""Status events on the default EventBridge bus."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ports import ServiceError, StatusChange
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "pop3-sensor"
DETAIL_TYPE = "Sensor Status Change"
BATCH = 10  # PutEvents takes no more


class DefaultEventBus:
    def __init__(self, client: "EventBridgeClient") -> None:
        self._client = client

    def put(self, changes: Sequence[StatusChange]) -> None:
        """Every batch is tried; PutEvents may also refuse single entries, which it says in its answer only."""
        failures = []
        for start in range(0, len(changes), BATCH):
            batch = changes[start : start + BATCH]
            try:
                with translated(f"putting {len(batch)} events on the default bus"):
                    answer = self._client.put_events(Entries=[_entry(change) for change in batch])
            except ServiceError as error:
                failures.append(str(error))
            else:
                for change, entry in zip(batch, answer["Entries"], strict=True):
                    if "ErrorCode" in entry:
                        failures.append(f"the event of {change.detail['sensor_id']}: {entry.get('ErrorMessage')}")
        if failures:
            raise ServiceError("; ".join(failures))


def _entry(change: StatusChange) -> "PutEventsRequestEntryTypeDef":
    detail = json.dumps(change.detail, ensure_ascii=False)
    return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Time": change.at, "Detail": detail}
