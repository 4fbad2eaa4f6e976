"""The deployment's settings, as the template puts them into the functions' environments."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from .networks import DEFAULT_FORBIDDEN, Network, parse_networks


class OverviewEnvironment(BaseModel):
    """What the overview needs. Names are those of the variables, in upper case."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True)

    sensors_table: str
    states_table: str
    results_bucket: str
    metrics_namespace: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Raises pydantic's ValidationError, which names each variable that is missing or wrong.

        It shows none of their values: the function's own credentials are among them.
        """
        return cls.model_validate({name.lower(): value for name, value in variables.items()})


class Environment(OverviewEnvironment):
    """What a scan needs beside that."""

    scan_queue_url: str
    forbidden_networks: Annotated[tuple[Network, ...], BeforeValidator(parse_networks)] = parse_networks(
        DEFAULT_FORBIDDEN
    )
    cleartext_login: Literal["by_sensor", "refuse"] = "by_sensor"
