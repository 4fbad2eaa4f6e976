"""Stand in for `sam`, `dig` and `nc` when tests run the documents' commands; they take what the documents write.

`sam` checks its options and does nothing: the stack is deployed already. `dig` and `nc` take only the forms below, and
reach only loopback.
"""

import importlib
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6, "NS": socket.AF_UNSPEC}


def sam(words: Sequence[str]) -> None:
    name, *options = words
    command: click.Command = importlib.import_module(f"samcli.commands.{name}.command").cli
    context = click.Context(command, info_name=f"sam {name}")
    try:
        _, left, _ = command.make_parser(context).parse_args(list(options))
    except click.UsageError as error:
        sys.exit(f"sam {name}: {error.format_message()}")
    if left:
        sys.exit(f"sam {name}: {left} is too much")


def dig(words: Sequence[str]) -> None:
    short, name, kind = words
    if (short, name) != ("+short", "localhost"):
        sys.exit(f"dig {words}")
    with suppress(socket.gaierror):  # like dig: no answer is no error
        print(*{address[4][0] for address in socket.getaddrinfo(name, None, FAMILIES[kind])}, sep="\n")


def nc(words: Sequence[str]) -> None:
    verbose, wait, seconds, host, port = words
    if (verbose, wait, host) != ("-vz", "-w", "localhost"):
        sys.exit(f"nc {words}")
    socket.create_connection((host, int(port)), timeout=float(seconds)).close()
    print("succeeded")


if __name__ == "__main__":
    {"sam": sam, "dig": dig, "nc": nc}[sys.argv[1]](sys.argv[2:])
