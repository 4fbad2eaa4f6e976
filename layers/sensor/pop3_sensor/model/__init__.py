"""Plain records: a sensor's settings, its channels, what a scan saw, its state, and the words for them. No I/O."""

from .channels import Channel
from .observation import CertificateFacts, Observation, ScanError, TlsFacts, Trouble
from .settings import Settings
from .state import State
from .vocabulary import PauseReason, Phase, Reason, Status

__all__ = [
    "CertificateFacts",
    "Channel",
    "Observation",
    "PauseReason",
    "Phase",
    "Reason",
    "ScanError",
    "Settings",
    "State",
    "Status",
    "TlsFacts",
    "Trouble",
]
