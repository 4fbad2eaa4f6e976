"""Whose fault it is, said by the type.

ProtocolError
├── LocalProtocolError      we broke the rules: a bug, or an argument that cannot be sent
├── ServerNotProven         the server did not prove that it knows the password, which its mechanism wants
└── RemoteProtocolError     the server broke them; the connection is of no more use
    ├── NotPop3             a reply that is not POP3, or says nothing usable
    ├── ReplyTooLong        a line over 8 KiB or a reply over 64 KiB
    ├── UnexpectedData      bytes that nobody asked for
    └── ConnectionClosed    the end of the connection where a reply was due

A server that answers `-ERR` broke nothing: that is the event `Err`.
"""


class ProtocolError(Exception):
    pass


class LocalProtocolError(ProtocolError):
    pass


class ServerNotProven(ProtocolError):
    pass


class RemoteProtocolError(ProtocolError):
    """`said`: the server's own words, as far as they are the reason; untrusted text."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


class NotPop3(RemoteProtocolError):
    pass


class ReplyTooLong(RemoteProtocolError):
    pass


class UnexpectedData(RemoteProtocolError):
    pass


class ConnectionClosed(RemoteProtocolError):
    pass
