"""A POP3 monitor for AWS: sensors from DynamoDB, channels to CloudWatch.

Rooms, from the ground up; imports point downwards only:

- `protocol` POP3 without I/O; `model` what a sensor is and what is known of it
- `items` what people write; `scan` one scan; `status` its judgement; `ports` what is needed from outside
- `fleet` all sensors, every minute; `overview` what people look at; `aws` the adapters
- the doors, which nobody imports: `scan_function`, `overview_function`, `events`, `cli`, `__main__`
"""

__version__ = "0.1.0"
