"""Ways to bring a server's bytes to the protocol core: in one piece, in crumbs, with more behind them."""

from collections.abc import Callable, Iterable

import pytest

from pop3_sensor.protocol import Challenge, Command, Event, Pop3Client, RemoteProtocolError, Reply

Cut = Callable[[bytes], list[bytes]]
Fault = tuple[type[RemoteProtocolError], str, str]

LEFT_OVER = b"+OK nobody asked\r\n"


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def with_bytes_left_over(data: bytes) -> list[bytes]:
    return [data + LEFT_OVER]


# For what ends in a whole line; the two first ones also for what is cut short.
each_feeding = pytest.mark.parametrize("cut", [whole, byte_by_byte, with_bytes_left_over])
each_cut = pytest.mark.parametrize("cut", [whole, byte_by_byte])


def hear_event(client: Pop3Client, chunks: Iterable[bytes]) -> Event:
    """What is awaited. The client takes all chunks; where they do not suffice the connection ends."""
    arriving = iter(chunks)
    while (event := client.next_event()) is None:
        client.receive_data(next(arriving, b""))
    for chunk in arriving:
        client.receive_data(chunk)
    return event


def hear(client: Pop3Client, chunks: Iterable[bytes]) -> Reply:
    """The same, where it is no challenge."""
    event = hear_event(client, chunks)
    assert not isinstance(event, Challenge)
    return event


def fault(error: RemoteProtocolError) -> Fault:
    """All of an error that can be compared."""
    return type(error), str(error), error.said


def fault_in(client: Pop3Client, chunks: Iterable[bytes]) -> Fault:
    with pytest.raises(RemoteProtocolError) as caught:
        hear_event(client, chunks)
    return fault(caught.value)


def session(*turns: tuple[Command, bytes], greeting: bytes = b"+OK ready\r\n") -> Pop3Client:
    """A client that has heard the greeting and these answers to its commands."""
    client = Pop3Client()
    hear(client, [greeting])
    for command, answer in turns:
        client.send(command)
        hear_event(client, [answer])
    return client


def asking(command: Command) -> Pop3Client:
    """A client that has just sent its first command."""
    client = session()
    client.send(command)
    return client
