"""The widget's description of itself, for which CloudWatch asks with `{"describe": true}`."""

from .filters import STATUS_WORDS

DESCRIPTION = f"""\
## POP3 sensors
The device tree with the status of every sensor; a click on a sensor shows its channels for the dashboard's time range.

### Widget parameters
All are optional. They pin what the widget shows; its readers filter within that.

Parameter | Value | Example
---|---|---
**tags** | only sensors with all of these tags: a list, or a text with commas | `["berlin", "imap"]`
**status** | only sensors of these statuses: {", ".join(STATUS_WORDS)} | `trouble`
**group** | only what is below this group or device: its id | `berlin`

`trouble` is Down, Warning and Unknown together.

### Example parameters
``` yaml
tags: [berlin]
status: trouble
```
"""
