"""`python -m pop3_sensor scan HOST` and `python -m pop3_sensor validate FILE`."""

import argparse
import sys
from typing import NoReturn

from .cli import scan as scan_once
from .cli import validate


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exits with 3: monitoring would read argparse's own 2 as "the server is down"."""
        self.print_usage(sys.stderr)
        self.exit(3, f"{self.prog}: {message}\n")


def main() -> int:
    parser = _Parser(prog="python -m pop3_sensor", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    scan = commands.add_parser(
        "scan", help="scan a server once, without AWS; exit status 0 Up, 1 Warning, 2 Down, 3 Unknown"
    )
    scan_once.add_arguments(scan)
    scan.set_defaults(run=scan_once.run)
    validate_ = commands.add_parser(
        "validate", help="check items before they are written; exit status 0 where all are good, else 3"
    )
    validate.add_arguments(validate_)
    validate_.set_defaults(run=validate.run)
    schema = commands.add_parser("schema", help="print the JSON Schema of an item")
    schema.set_defaults(run=validate.print_schema)
    arguments = parser.parse_args()
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
