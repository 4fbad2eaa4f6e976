"""All that a scan leaves behind, where no secret may be."""

import json

from pop3_sensor.model import Observation, Settings
from pop3_sensor.status import report_of_scan, result_files


def left_behind(settings: Settings, seen: Observation) -> str:
    """What is kept in memory, returned, published or stored.

    `repr` and JSON escape what they show; so the words are there as they are, too.
    """
    report = report_of_scan("mail", settings, seen, None)
    words = [*(line.text for line in seen.dialogue), seen.trouble.message if seen.trouble else ""]
    returned = json.dumps(report.as_json(), ensure_ascii=False)
    return "\n".join([*words, repr(report), returned, result_files.summary(report), result_files.dialogue(report)])
