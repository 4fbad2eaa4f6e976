"""Status events on the default EventBridge bus."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ports import ServiceError, StatusChange
from .calls import in_parts, part, translated

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "pop3-sensor"
DETAIL_TYPE = "Sensor Status Change"
BATCH = 10  # PutEvents takes at most so many

# An entry that is refused like this will not be taken the next time either (PutEvents, "ErrorCode").
_LASTING = frozenset({"InvalidArgument", "MalformedDetail"})


class DefaultEventBus:
    """All stacks of an account and region share this bus: `namespace` tells their events apart."""

    def __init__(self, client: "EventBridgeClient", namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def put(self, changes: Sequence[StatusChange]) -> None:
        in_parts(changes, BATCH, self._put)

    def _put(self, changes: Sequence[StatusChange]) -> None:
        """PutEvents may refuse single entries: then the call succeeds, and only its answer tells."""
        with translated(f"putting {len(changes)} events on the default bus", changes):
            answers = part(self._client.put_events(Entries=[self._entry(change) for change in changes]), "Entries")
        refused = {
            change.detail["sensor_id"]: (change, entry)
            for change, entry in zip(changes, answers, strict=True)
            if "ErrorCode" in entry
        }
        if refused:
            texts = [f"the event of {one}: {entry.get('ErrorMessage')}" for one, (_, entry) in refused.items()]
            again = [change for change, entry in refused.values() if entry["ErrorCode"] not in _LASTING]
            raise ServiceError("; ".join(texts), again)

    def _entry(self, change: StatusChange) -> "PutEventsRequestEntryTypeDef":
        # In ASCII: no character of one item can have its neighbours refused.
        detail = json.dumps({**change.detail, "namespace": self._namespace})
        return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Time": change.at, "Detail": detail}
