"""A POP3 monitor for AWS: sensors from DynamoDB, channels to CloudWatch.

The core (`protocol`, `transport`, `scan`, `verdict`, ...) knows no AWS; `aws` holds the adapters,
`bootstrap` wires them. `python -m pop3_sensor scan HOST` runs one scan by hand.
"""

__version__ = "0.1.0"
