"""Reads a function's environment variables, which the template sets."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Variables(BaseModel):
    """A field has its variable's name, in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Raises pydantic's ValidationError, which names each variable that is missing or wrong.

        The error shows no value: the function's own credentials are among the variables.
        """
        return cls.model_validate({name.lower(): value for name, value in variables.items()})
