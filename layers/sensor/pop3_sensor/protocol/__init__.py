r"""POP3 as RFC 1939, 2449, 2595, 3206 and 5034 say it: bytes in, events out; no socket, no clock.

client = Pop3Client()
client.receive_data(b"+OK ready <1.2@x>\r\n")
client.next_event()     -> Ok("ready <1.2@x>")
client.send(Capa())     -> b"CAPA\r\n"
client.next_event()     -> None: more bytes are needed
"""

from .client import Pop3Client, State
from .commands import Answer, Apop, Auth, Cancel, Capa, Command, Pass, Quit, Stat, Stls, User, unsendable
from .errors import (
    ConnectionClosed,
    LocalProtocolError,
    NotPop3,
    ProtocolError,
    RemoteProtocolError,
    ReplyTooLong,
    ServerNotProven,
    UnexpectedData,
)
from .replies import Capabilities, Challenge, Err, Event, Ok, Reply, apop_challenge, mailbox_of

__all__ = [
    "Answer",
    "Apop",
    "Auth",
    "Cancel",
    "Capa",
    "Capabilities",
    "Challenge",
    "Command",
    "ConnectionClosed",
    "Err",
    "Event",
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
    "ServerNotProven",
    "Stat",
    "State",
    "Stls",
    "UnexpectedData",
    "User",
    "apop_challenge",
    "mailbox_of",
    "unsendable",
]
