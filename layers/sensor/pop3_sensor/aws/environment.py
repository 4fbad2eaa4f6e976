"""How the variables that the template gives a function become its settings."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Variables(BaseModel):
    """Fields are named as the variables are, in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Raises pydantic's ValidationError, which names each variable that is missing or wrong.

        It shows none of their values: the function's own credentials are among them.
        """
        return cls.model_validate({name.lower(): value for name, value in variables.items()})
