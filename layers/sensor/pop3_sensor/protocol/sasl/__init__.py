r"""SASL mechanisms (RFC 4422): challenges in, answers out; one object for each exchange.

mechanism = Plain("mrose", "secret")
mechanism.answer(b"")   -> Answer(b"\0mrose\0secret")
mechanism.conclude()    once the server said +OK
"""

from .bearer import OAuthBearer, XOAuth2
from .cram_md5 import CramMd5
from .mechanism import Mechanism
from .plain import Plain
from .scram import Scram, ScramSha1, ScramSha256

__all__ = ["CramMd5", "Mechanism", "OAuthBearer", "Plain", "Scram", "ScramSha1", "ScramSha256", "XOAuth2"]
