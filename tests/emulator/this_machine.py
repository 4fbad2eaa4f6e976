"""How a stack on one machine differs from the one in AWS."""

import platform
import sys
from collections.abc import Mapping

# Everything that scans refuse by default but loopback: that is where a local mail server is.
LOOPBACK_ALLOWED = "169.254.0.0/16,224.0.0.0/4,fe80::/10,ff00::/8"
# The emulator knows neither composite alarms nor those over a query.
PARAMETERS = {"ForbiddenNetworks": LOOPBACK_ALLOWED, "Alarms": "disabled"}


def layer_variables(*, python: str = "", machine: str = "") -> dict[str, str]:
    """What the layer's Makefile is told: to build with our pip, by default for the version and machine at hand."""
    return {
        "PYTHON": sys.executable,
        "LAYER_PYTHON": python or f"{sys.version_info.major}.{sys.version_info.minor}",
        "LAYER_ARCH": machine or platform.machine().replace("aarch64", "arm64"),
    }


def without_outer_make(environment: Mapping[str, str]) -> dict[str, str]:
    """`make PYTHON=python3.13 test` would have the layer's Makefile take that Python, over what it is told."""
    return {name: value for name, value in environment.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
