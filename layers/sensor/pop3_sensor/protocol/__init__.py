r"""POP3 as RFC 1939, 2449, 2595 and 3206 say it: bytes in, events out; no socket, no clock.

client = Pop3Client()
client.receive_data(b"+OK ready <1.2@x>\r\n")
client.next_event()     -> Ok("ready <1.2@x>")
client.send(Capa())     -> b"CAPA\r\n"
client.next_event()     -> None: more bytes are needed
"""

from .client import Pop3Client, State
from .commands import Apop, Capa, Command, Pass, Quit, Stat, Stls, User, unsendable
from .errors import (
    ConnectionClosed,
    LocalProtocolError,
    NotPop3,
    ProtocolError,
    RemoteProtocolError,
    ReplyTooLong,
    UnexpectedData,
)
from .replies import Capabilities, Err, Ok, Reply, apop_challenge, mailbox_of

__all__ = [
    "Apop",
    "Capa",
    "Capabilities",
    "Command",
    "ConnectionClosed",
    "Err",
    "LocalProtocolError",
    "NotPop3",
    "Ok",
    "Pass",
    "Pop3Client",
    "ProtocolError",
    "Quit",
    "RemoteProtocolError",
    "Reply",
    "ReplyTooLong",
    "Stat",
    "State",
    "Stls",
    "UnexpectedData",
    "User",
    "apop_challenge",
    "mailbox_of",
    "unsendable",
]
