"""One scan of one server: settings and credentials in, an Observation out. It returns; it does not raise."""

from .credentials import Credentials, parse_credentials
from .networks import Network, parse_networks
from .phases import scan

__all__ = ["Credentials", "Network", "parse_credentials", "parse_networks", "scan"]
